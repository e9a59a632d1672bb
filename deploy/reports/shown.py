"""How values look on a terminal: English, Copenhagen time, at most 100 columns, nothing cut off."""

import sys
from collections.abc import Callable, Iterable
from datetime import date, datetime
from decimal import Decimal
from shutil import get_terminal_size

import msgspec
from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from common.calendar import COPENHAGEN
from common.money import shown as kroner_shown

WIDEST = 100  # columns; also where there is no terminal
NONE = "–"


def give(report: object, as_json: bool, page: Callable[[], RenderableType]) -> None:
    """Prints the report: as JSON, or as the page that shows it."""
    if as_json:
        sys.stdout.write(msgspec.json.format(msgspec.json.encode(report), indent=2).decode() + "\n")
    else:
        Console(
            width=min(get_terminal_size((WIDEST, 24)).columns, WIDEST), highlight=False, markup=False, emoji=False
        ).print(page())


def instant(at: datetime | None) -> str:
    return f"{at.astimezone(COPENHAGEN):%Y-%m-%d %H:%M}" if at else NONE


def day(on: date | None) -> str:
    return on.isoformat() if on else NONE


def kroner(amount: Decimal) -> str:
    return kroner_shown(amount, "en").removeprefix("DKK ")


def section(title: str, body: RenderableType) -> Group:
    return Group(Text(title, style="bold"), body, "")


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> RenderableType:
    """A heading that begins with > is that of amounts or counts. No row, no table: a dash."""
    grid = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1))
    for heading in headings:
        name = heading.removeprefix(">")
        grid.add_column(name, justify="left" if name == heading else "right", overflow="fold", no_wrap=name != heading)
    for row in rows:
        grid.add_row(*(Text(cell) for cell in row))
    return grid if grid.row_count else Text(f"  {NONE}")


def pairs(rows: Iterable[tuple[str, str]]) -> Table:
    """Names on the left, values on the right."""
    grid = Table.grid(padding=(0, 2))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for name, value in rows:
        grid.add_row(f"  {name}", Text(value))
    return grid
