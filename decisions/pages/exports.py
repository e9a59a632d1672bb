"""All invoices of a list as a file: written to the disk some rows at a time, then sent from there."""

import os
import tempfile
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from threading import BoundedSemaphore
from typing import IO
from urllib.parse import quote

from starlette.background import BackgroundTask
from starlette.responses import Response, StreamingResponse

from decisions import lists, rows, sheets
from decisions.lists import Whose
from decisions.pages.listed import Teller
from decisions.rooms import Visit
from decisions.rows import Row
from decisions.sheets import Cell, Kind
from decisions.wanted import Place, Wanted, wanted

AT_ONCE = 1000  # invoices that are read together
CHUNK = 64 * 1024  # bytes
_COLUMNS = ("number", "customer_number", "debtor", "due_on", "days", "outstanding", "charges", "stage", "next")
_turns = BoundedSemaphore(2)  # files that this process writes at a time: each keeps a core busy


def as_csv(visit: Visit) -> Response:
    return _exported(visit, "csv")


def as_xlsx(visit: Visit) -> Response:
    return _exported(visit, "xlsx")


def _exported(visit: Visit, kind: Kind) -> Response:
    chosen = wanted(visit.query)
    if not _turns.acquire(blocking=False):
        return visit.to(chosen.address(done="export_later"))
    try:
        file = _written(visit, chosen, kind)
    finally:
        _turns.release()
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    headers = {"Content-Disposition": _named(visit, kind), "Content-Length": str(size)}
    chunks = iter(lambda: file.read(CHUNK), b"")
    return StreamingResponse(chunks, 200, headers, sheets.MEDIA[kind], BackgroundTask(file.close))


def _written(visit: Visit, chosen: Wanted, kind: Kind) -> IO[bytes]:
    """The file, whose name is gone already: whatever happens, the disk gets its room back."""
    header = [visit.say(f"list.column.{name}") for name in _COLUMNS]
    with tempfile.TemporaryDirectory(prefix="rykker-export-") as folder:
        path = Path(folder, f"export.{kind}")
        sheets.WRITE[kind](path, header, _cells(visit, chosen))
        return path.open("rb")


def _cells(visit: Visit, chosen: Wanted) -> Iterator[tuple[Cell, ...]]:
    """Row by row. Each page of them is read by itself: no transaction lasts as long as the file takes."""
    company = visit.company
    teller = Teller(company, rows.marks_paid(company.cvr), visit.today, visit.say)
    whose, place = Whose(company.cvr, company.paused, visit.today), _FIRST
    while True:
        found = lists.page(whose, chosen, place, AT_ONCE)
        for row in rows.rows(company, found.numbers, visit.today):
            yield _line(row, teller)
        place = found.after
        if place is None:
            return


_FIRST: Place | None = None


def _line(row: Row, teller: Teller) -> tuple[Cell, ...]:
    return (
        row.number,
        row.invoice.debtor.customer_number,
        teller.debtor(row),
        row.invoice.due_on,
        max(row.days, 0),
        row.outstanding,
        row.charges,
        teller.badge(row),
        teller.next(row),
    )


def _named(visit: Visit, kind: Kind) -> str:
    """The header that names the file: what it is, whose, and of which day."""
    company = "".join(sign if sign.isalnum() else "-" for sign in unicodedata.normalize("NFC", visit.company.name))
    short = "-".join(part for part in company.split("-") if part)[:60]
    name = f"{visit.say('list.file')}-{short}-{visit.today.isoformat()}.{kind}"
    simple = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return f"attachment; filename=\"{simple}\"; filename*=UTF-8''{quote(name)}"
