"""The example companies of `make run` and the people in them: `python -m deploy.sandbox.demo`.

At the first start it fills the stand-in ERP and the portal; then it plays the people on the business clock, and new
invoices turn up. A second start goes on where the first stopped.
"""

import signal
import sys
import threading
from functools import partial

import requests

from common import boot
from common.settings import Settings
from deploy.sandbox.settings import BadSetting
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.sandbox.town import Town, say
from deploy.sandbox.ways import ways

LOOK_EVERY = 1.0  # real seconds


def play(settings: Settings, sandbox: SandboxSettings, told: threading.Event) -> None:
    """Until it is told to stop. Servers that are away are tried again."""
    is_waiting = False
    with ways(sandbox) as through:
        town = Town(settings, sandbox, through)
        while not told.wait(LOOK_EVERY):
            try:
                town.live()
                is_waiting = False
            except requests.RequestException as error:
                if not is_waiting:
                    say(f"somebody does not answer ({type(error).__name__}); once more every second")
                is_waiting = True


def main() -> None:
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    try:
        boot.run("demo", partial(play, sandbox=SandboxSettings.from_env(), told=told))
    except BadSetting as error:
        sys.exit(f"demo: {error}")


if __name__ == "__main__":
    main()
