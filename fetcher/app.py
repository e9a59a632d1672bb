"""The fetcher process: queue `fetcher`, and `fetcher.look` so that single looks never wait behind a big company."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from common import worker
from common.secrets import Vault
from common.settings import Settings
from common.worker import Handles
from fetcher.erp import Erp
from fetcher.handlers import HANDLERS, LOOK_HANDLERS, OpenErp
from fetcher.ordrestyring import Ordrestyring

PATIENCE = 0.6  # of the time that a message may take, for the ERP; the rest is for writing down what it said


def serve(settings: Settings) -> None:
    worker.serve(settings, handlers(settings))


def handlers(settings: Settings) -> dict[str, list[Handles]]:
    """Every line of the tables, by queue, with what it needs."""
    open_erp, tables = opener(settings), {"fetcher": HANDLERS, "fetcher.look": LOOK_HANDLERS}
    return {queue: bound(table, open_erp) for queue, table in tables.items()}


def opener(settings: Settings) -> OpenErp:
    """Opens a company's books with its encrypted key."""
    vault, patience = Vault(settings.secret, settings.former), settings.time_limit.total_seconds() * PATIENCE

    def open_erp(locked_key: str) -> Erp:
        return Ordrestyring(settings.erp_url, vault.unlock(locked_key), patience)

    return open_erp


def bound(table: Iterable[Handles], open_erp: OpenErp) -> list[Handles]:
    return [replace(line, by=partial(line.by, open_erp=open_erp)) for line in table]
