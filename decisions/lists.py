"""Reads: the numbers of a company's invoices in a list, some at a time, from a place on.

Every order has an index that ends with the invoice's number, so a page costs the same wherever in the list it is.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

from common import db, names
from common.tables import TAB
from decisions.wanted import Place, Wanted

GROUP = TAB.sql.replace("stage", "p.stage")
NEWEST = """NOT EXISTS (SELECT 1 FROM procedure q WHERE q.company = p.company
    AND q.invoice_number = p.invoice_number AND q.round > p.round)"""
CLAIMED = """NOT EXISTS (SELECT 1 FROM procedure p WHERE p.company = '{cvr}' AND p.invoice_number = k.number
    AND p.reason = 'waived' AND p.stage = 'settled' AND {newest})"""  # to the ERP what was written off is unpaid
UNASKED = """(NOT k.asked OR k.number IN (SELECT p.invoice_number FROM procedure p WHERE p.company = '{cvr}'
    AND {group} = 'awaiting_decision' AND p.notified_on IS NULL))"""
DUNNED_FROM = "procedure p JOIN known_invoice k ON k.company = p.company AND k.number = p.invoice_number"
KNOWN_SHOWS = ("overdue", "waiting")  # dunning need not know them
FEW = ("paused", "collecting_fees")  # sorted as they are found: of some of them nothing is outstanding
KNOWN = {"due": "k.due_on", "amount": "k.outstanding", "number": "length(k.number)", "debtor": "k.debtor_key"}
DUNNED = KNOWN | {"due": "p.due_on", "number": "length(p.invoice_number)"}
ESCAPED = str.maketrans({"\\": "\\\\", "%": "\\%", "_": "\\_"})


class Line(NamedTuple):
    """What a row is sorted by, and its invoice's number."""

    key: Any
    number: str


@dataclass(frozen=True)
class Page:
    """`before` and `after`: there are rows in that direction."""

    lines: Sequence[Line]
    before: Place | None = None
    after: Place | None = None

    @property
    def numbers(self) -> list[str]:
        return [line.number for line in self.lines]


@dataclass(frozen=True)
class Whose:
    """The company, whether it pauses, and its business date.

    Its number stands in the statements themselves, not bound in them: so the database plans for this company, which
    may have a thousand times as many invoices as the usual one, even where it plans once for many times.
    """

    cvr: str
    is_paused: bool
    today: date

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[0-9]{8}", self.cvr, re.ASCII):
            raise ValueError(f"{self.cvr!r} is no company's number")


def page(whose: Whose, wanted: Wanted, place: Place | None, most: int) -> Page:
    """`most` rows after the place, or before it; or the first ones."""
    is_after = place is None or place.is_after
    statement, values = _statement(whose, wanted, place, most + 1)
    rows = [Line(_plain(key), number) for key, number in db.handle.execute_sql(statement, values).fetchall()]
    lines, is_more = rows[:most], len(rows) > most
    if not is_after:
        lines.reverse()
    if not lines:
        return Page(())
    first, last = Place(*lines[0], is_after=False), Place(*lines[-1], is_after=True)
    is_first, is_last = place is None or (not is_after and not is_more), is_after and not is_more
    return Page(lines, None if is_first else first, None if is_last else last)


def _plain(key: Any) -> str | int:
    return key.isoformat() if isinstance(key, date) else key


def _statement(whose: Whose, wanted: Wanted, place: Place | None, most: int) -> tuple[str, list[Any]]:
    """SQL, and what is bound in it."""
    source, where, (key, number) = _source(whose, wanted)
    is_up = wanted.down != (place is None or place.is_after)
    if place:
        where.add(f"({key}, {number}) {'>' if is_up else '<'} ({{0}}, {{0}})", place.key, place.number)
    way = "ASC" if is_up else "DESC"
    order = f"ORDER BY 1 {way}, 2 {way} LIMIT {most:d}"
    chosen = f"SELECT {key} AS key, {number} AS number FROM {source} WHERE {where}"  # noqa: S608 - our own words
    if wanted.search or (wanted.show not in KNOWN_SHOWS and _is_scattered(wanted)):
        chosen = f"WITH found AS MATERIALIZED ({chosen}) SELECT key, number FROM found"  # noqa: S608 - likewise
    return f"{chosen} {order}", where.values


def _is_scattered(wanted: Wanted) -> bool:
    """What is wanted lies here and there in its order. It is all found, then sorted; the planner would rather walk."""
    is_filtered = wanted.amount_from is not None or wanted.amount_to is not None
    return is_filtered or (wanted.show in FEW and wanted.sort == "amount")


class _Where:
    """Conditions that must all hold, with {0} for each value that is bound."""

    def __init__(self) -> None:
        self._parts, self.values = list[str](), list[Any]()

    def add(self, condition: str, *values: Any) -> None:
        self._parts.append(condition.format(db.handle.param))
        self.values += values

    def __str__(self) -> str:
        return " AND ".join(self._parts)


def _source(whose: Whose, wanted: Wanted) -> tuple[str, _Where, tuple[str, str]]:
    """What is read, of which rows, and the two columns that they are sorted by."""
    if wanted.show in KNOWN_SHOWS:
        return "known_invoice k", _owed(whose, wanted), (KNOWN[wanted.sort], "k.number")
    number = "k.number" if wanted.sort in ("amount", "debtor") else "p.invoice_number"
    return DUNNED_FROM, _dunned(whose, wanted), (DUNNED[wanted.sort], number)


def _owed(whose: Whose, wanted: Wanted) -> _Where:
    where = _Where()
    where.add(f"k.company = '{whose.cvr}'")
    where.add("k.outstanding > 0")
    if wanted.show == "overdue":
        where.add("k.due_on < {0}", whose.today.isoformat())
        where.add(CLAIMED.format(cvr=whose.cvr, newest=NEWEST))
    elif whose.is_paused:
        where.add(UNASKED.format(cvr=whose.cvr, group=GROUP))
    else:
        where.add("NOT k.asked")
    _filter(wanted, where)
    return where


def _dunned(whose: Whose, wanted: Wanted) -> _Where:
    """Procedures; the filters that they know, too, are theirs as well, so that their indexes serve."""
    where = _Where()
    where.add(f"k.company = '{whose.cvr}'")
    where.add(f"p.company = '{whose.cvr}'")
    where.add(f"{GROUP} = '{wanted.show}'")
    if wanted.show == "settled":
        where.add(NEWEST)
    elif wanted.sort == "amount" and wanted.show not in FEW:
        where.add("k.outstanding > 0")
    if wanted.show == "awaiting_decision" and whose.is_paused:
        where.add("p.notified_on IS NOT NULL")
    if wanted.customer:
        where.add("p.customer_number = {0}", wanted.customer)
    if wanted.due_from:
        where.add("p.due_on >= {0}", wanted.due_from.isoformat())
    if wanted.due_to:
        where.add("p.due_on <= {0}", wanted.due_to.isoformat())
    _filter(wanted, where)
    return where


def _filter(wanted: Wanted, where: _Where) -> None:
    if wanted.amount_from is not None:
        where.add("k.outstanding >= {0}", int(wanted.amount_from * 100))
    if wanted.amount_to is not None:
        where.add("k.outstanding <= {0}", int(wanted.amount_to * 100))
    if wanted.due_from:
        where.add("k.due_on >= {0}", wanted.due_from.isoformat())
    if wanted.due_to:
        where.add("k.due_on <= {0}", wanted.due_to.isoformat())
    if wanted.customer:
        where.add("k.customer_number = {0}", wanted.customer)
    if wanted.search:
        sought, name = _part(wanted.search.lower()), _part(names.key(wanted.search) or wanted.search)
        like = " OR ".join(f"{column} LIKE {{0}} ESCAPE '\\'" for column in _SOUGHT)
        where.add(f"({like})", name, sought, sought)


_SOUGHT = ("k.debtor_key", "lower(k.number)", "lower(k.customer_number)")


def _part(text: str) -> str:
    """A pattern for whatever has this in it."""
    return f"%{text.translate(ESCAPED)}%"
