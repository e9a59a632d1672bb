"""`make run`: starts the whole system on this machine, keeps it running, and leaves nothing of it behind."""

import argparse
import os
import sys
from pathlib import Path

from deploy import reaper, runlock
from deploy.cast import CAST, Cast
from deploy.defaults import CantStart
from deploy.servers import NotReady
from deploy.supervisor import ChildEnded, NotStarted
from deploy.system import System
from deploy.terminal import refuse, say

RUN_FOLDER = ".run"


def main(argv: list[str] | None = None, cast: Cast = CAST) -> int:
    """The exit code: 0 when somebody stopped it, 1 and one line when it can't start or go on."""
    options = _options(argv)
    folder = Path(RUN_FOLDER).resolve()
    try:
        folder.mkdir(mode=0o700, exist_ok=True)  # it holds keys, and what debtors owe
        with runlock.take(folder):
            system = System(os.environ, folder, cast, restart=not options.no_restart)
            return reaper.guarded(lambda: _live(system), with_parent=options.stop_with_parent)
    except CantStart as error:
        return refuse(str(error))
    except OSError as error:
        return refuse(f"{error.filename or folder}: {error.strerror}.")


def _live(system: System) -> int:
    try:
        system.start()
        system.watch()
    except (CantStart, NotStarted, NotReady, ChildEnded) as error:
        return refuse(str(error))
    except OSError as error:  # a full disk, a folder that can't be written to
        return refuse(f"{error.filename or RUN_FOLDER}: {error.strerror}.")
    except reaper.Stop:
        say("Stopping …")
    finally:
        reaper.be_deaf()
        system.stop()
    say("Stopped. The next start goes on from here.")
    return 0


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m deploy.launch", description=__doc__)
    parser.add_argument("--no-restart", action="store_true", help="end with exit code 1 when a process dies")
    parser.add_argument("--stop-with-parent", action="store_true", help="stop when the program that started it dies")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
