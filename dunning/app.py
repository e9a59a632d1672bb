"""The dunning process: queue `dunning`."""

from dataclasses import replace

from common import worker
from common.settings import Settings
from dunning import store
from dunning.handlers import HANDLERS


def serve(settings: Settings) -> None:
    worker.serve(settings, {"dunning": [replace(line, together=store.read_ahead) for line in HANDLERS]})
