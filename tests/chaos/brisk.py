"""The scheduler, which looks after everything many times as often, so that no test waits for it: `python -m …brisk`."""

from collections.abc import Callable

from common import boot
from scheduler import app

OFTEN = 10  # times


def chore(every: float, work: Callable[[], object]) -> app.Chore:
    return _Chore(every / OFTEN, work)


_Chore = app.Chore

if __name__ == "__main__":
    app.POLL /= 4
    app.Chore = chore  # type: ignore[assignment, misc]
    boot.run("scheduler", app.serve)
