"""The dunning process: queue `dunning`."""

from dataclasses import replace

from common import worker
from common.settings import Settings
from common.worker import Handles
from dunning import store
from dunning.handlers import HANDLERS


def serve(settings: Settings) -> None:
    worker.serve(settings, handlers())


def handlers() -> dict[str, list[Handles]]:
    """Every line of the table, by queue."""
    return {"dunning": [replace(line, together=store.read_ahead) for line in HANDLERS]}
