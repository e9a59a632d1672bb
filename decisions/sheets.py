"""Tables as files: CSV as Danish spreadsheets read it, and XLSX. Nothing in them is ever taken for a formula.

A table is its header and its rows; a cell is a text, a date, a whole number or kroner. Written row by row.
"""

import csv
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

import xlsxwriter

from decisions.saying import plain

Kind = Literal["csv", "xlsx"]
Cell = str | date | int | Decimal
LONGEST = 30_000  # signs; a spreadsheet's cell takes 32,767
_STARTS = ("=", "+", "-", "@", "\u2212")  # of formulas; the last one is the minus sign
WIDTH = 14  # of a column at least, in signs


def is_formula(text: str) -> bool:
    """Whether a spreadsheet could take it for one, as it stands or after it has been tidied up."""
    shown = unicodedata.normalize("NFKC", text).lstrip()
    return shown.startswith(_STARTS)


def text(given: str) -> str:
    """On one line, without signs that can't be seen."""
    return plain(given[:LONGEST])


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """UTF-8 with a byte order mark, semicolons, decimal commas, dates as day-month-year."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator="\r\n")
        writer.writerow([_typed(cell) for cell in header])
        writer.writerows([_typed(cell) for cell in row] for row in rows)


def _typed(cell: Cell) -> str:
    if isinstance(cell, Decimal):
        return f"{cell:.2f}".replace(".", ",")
    if isinstance(cell, date):
        return f"{cell:%d-%m-%Y}"
    if isinstance(cell, int):
        return str(cell)
    shown = text(cell)
    return f"'{shown}" if is_formula(shown) else shown


def write_xlsx(path: Path, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """One sheet with its header frozen; what is written is on the disk and no longer in memory."""
    book = xlsxwriter.Workbook(str(path), {"constant_memory": True, "tmpdir": str(path.parent)})
    sheet = _Sheet(book, header)
    for number, row in enumerate(rows, start=1):
        sheet.add(number, row)
    book.close()


class _Sheet:
    def __init__(self, book: Any, header: Sequence[str]) -> None:
        self._sheet = book.add_worksheet()
        self._formats: dict[type, Any] = {date: book.add_format({"num_format": "dd-mm-yyyy"})}
        self._formats |= {Decimal: book.add_format({"num_format": "#,##0.00"}), int: book.add_format()}
        self._plain, self._quoted = book.add_format(), book.add_format({"quote_prefix": True})
        bold = book.add_format({"bold": True, "bottom": 1})
        self._sheet.freeze_panes(1, 0)
        for column, title in enumerate(header):
            self._sheet.set_column(column, column, max(len(title) + 3, WIDTH))
        for column, title in enumerate(header):
            self._sheet.write_string(0, column, text(title), bold)

    def add(self, number: int, row: Sequence[Cell]) -> None:
        for column, cell in enumerate(row):
            if isinstance(cell, str):
                shown = text(cell)
                self._sheet.write_string(number, column, shown, self._quoted if is_formula(shown) else self._plain)
            elif isinstance(cell, date):
                self._sheet.write_datetime(number, column, cell, self._formats[date])
            else:
                self._sheet.write_number(number, column, cell, self._formats[type(cell)])


WRITE: dict[Kind, Callable[[Path, Sequence[str], Iterable[Sequence[Cell]]], None]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
MEDIA: dict[Kind, str] = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
