"""A worker whose handler does what the message tells it: `python -m tests.integration.toy`, for tests of the worker."""

import os
import signal
import time
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial

from common import boot, clock, inbox, worker
from common import events as e
from common.settings import Settings
from common.tables import SetAside
from common.worker import Handles, Rejected

MANY = "TOY_MANY" in os.environ  # in one transaction, and so in one worker's hands
once = partial(inbox.once, consumer="toy")


def on_decision_made(event: e.DecisionMade, now: datetime) -> None:
    order = event.invoice_number
    if order == "reject":
        raise Rejected("told to reject it")
    if order == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if order == "always fails":
        raise RuntimeError("told to fail")
    if order == "hangs" and tried() < 2:
        while True:
            time.sleep(0.01)
    if order == "slow":
        time.sleep(0.3)
    if order.startswith("takes "):
        time.sleep(float(order.split()[1]))
    with once(event):
        tries = SetAside.select().where(SetAside.company == event.procedure_id).count()
        SetAside.create(company=event.procedure_id, number=order, reason=str(tries), seen_at=now)
        if order == "fails first" and tried() < 2:
            raise RuntimeError("told to fail at first")


def tried() -> int:
    """How often this was asked, over restarts."""
    path = os.environ["TOY_COUNT"]
    with open(path, "a+") as file:  # noqa: PTH123 - appending and reading in one
        file.write(".")
        file.seek(0)
        return len(file.read())


def serve(settings: Settings) -> None:
    soon = timedelta(milliseconds=200)
    line = Handles(e.DecisionMade, on_decision_made, tries=2, first=soon, longest=soon)
    worker.serve(settings, {"dunning": [replace(line, together=worker.nothing_ahead) if MANY else line]})


if __name__ == "__main__":
    assert clock.real_now()
    boot.run("toy", serve)
