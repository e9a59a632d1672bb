"""The dunning process: queue `dunning`."""

from common import worker
from common.settings import Settings
from dunning.handlers import HANDLERS


def serve(settings: Settings) -> None:
    worker.serve(settings, {"dunning": HANDLERS})
