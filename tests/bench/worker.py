"""A worker whose handlers only do `once`: `python -m tests.bench.worker`, for `consume`."""

from datetime import datetime
from functools import partial

from common import boot, inbox, worker
from common import events as e
from common.settings import Settings
from common.worker import Handles

once = partial(inbox.once, consumer="dunning")


def on_procedure_due(event: e.ProcedureDue, now: datetime) -> None:
    with once(event):
        pass


def serve(settings: Settings) -> None:
    worker.serve(settings, {"dunning": [Handles(e.ProcedureDue, on_procedure_due, together=worker.nothing_ahead)]})


if __name__ == "__main__":
    boot.run("bench", serve)
