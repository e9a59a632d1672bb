"""Reads: what all invoices of a company come to. What is settled is only counted, and that not for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from common import db
from common.money import ZERO
from decisions.lists import CLAIMED, GROUP, NEWEST, Whose
from decisions.remembered import Remembered
from decisions.wanted import SHOWS

MOST = 1000  # settled invoices that are counted
LARGE = 5000  # invoices in tabs, from which on a company's sums are kept for half a minute, and its rows never
BANDS = (30, 60, 90)  # days overdue, up to which the bands of overdue invoices reach; the last one has no end
IN_STAGES = """SELECT {group}, p.notified_on IS NULL, COUNT(*),
    SUM(CASE WHEN p.paid < p.amount THEN p.amount - p.paid ELSE 0 END)
    FROM procedure p WHERE p.company = '{cvr}' AND {group} IN
    ('awaiting_decision', 'running', 'paused', 'collecting_fees', 'escalated')
    GROUP BY {group}, p.notified_on IS NULL"""
SETTLED = """SELECT COUNT(*) FROM (SELECT 1 FROM procedure p WHERE p.company = '{cvr}' AND {group} = 'settled'
    AND {newest} LIMIT {most}) AS counted"""
OWED = """SELECT CASE WHEN k.due_on >= {param} THEN 0 WHEN k.due_on >= {param} THEN 1 WHEN k.due_on >= {param} THEN 2
    WHEN k.due_on >= {param} THEN 3 ELSE 4 END AS band, COUNT(*), SUM(k.outstanding)
    FROM known_invoice k WHERE k.company = '{cvr}' AND k.outstanding > 0 AND {claimed} GROUP BY 1"""
UNASKED = """SELECT COUNT(*), SUM(k.outstanding) FROM known_invoice k
    WHERE k.company = '{cvr}' AND NOT k.asked AND k.outstanding > 0"""
CHARGES = """SELECT SUM(amount) FROM ledger_line
    WHERE company = '{cvr}' AND account IN ('fee', 'interest', 'compensation')"""

FEES = """SELECT SUM((SELECT SUM(l.amount) FROM procedure q JOIN ledger_line l ON l.procedure_id = q.id
    WHERE q.company = '{cvr}' AND q.invoice_number = p.invoice_number
    AND l.account IN ('fee', 'interest', 'compensation')))
    FROM procedure p WHERE p.company = '{cvr}' AND {group} = 'collecting_fees'"""


@dataclass(frozen=True)
class Sum:
    count: int = 0
    amount: Decimal = ZERO

    def __add__(self, other: "Sum") -> "Sum":
        return Sum(self.count + other.count, self.amount + other.amount)


@dataclass(frozen=True)
class Totals:
    """`tabs` by what each shows, those who owe fees alone with these.

    `bands`: not due, 1–30, 31–60, 61–90 and over 90 days overdue; `charges` are open.
    """

    tabs: Mapping[str, Sum]
    bands: tuple[Sum, ...]
    charges: Decimal

    @property
    def owed(self) -> Sum:
        return sum(self.bands, Sum())


_large: Remembered[Whose, Totals] = Remembered(timedelta(seconds=30))
_large_ones = set[str]()


def totals(whose: Whose) -> Totals:
    """Those of a large company may be some seconds old."""
    if whose.cvr in _large_ones:
        return _large.get(whose, lambda: _totals(whose))
    found = _totals(whose)
    if sum(each.count for each in found.tabs.values()) >= LARGE:
        _large_ones.add(whose.cvr)
    return found


def _totals(whose: Whose) -> Totals:
    """Six statements, always."""
    bands = _bands(whose)
    tabs: dict[str, Sum] = dict.fromkeys(SHOWS, Sum())
    tabs["overdue"] = sum(bands[1:], Sum())
    tabs["waiting"] = _sum(*_rows(UNASKED, whose)[0])
    for show, is_unasked, count, amount in _rows(IN_STAGES, whose):
        is_waiting = show == "awaiting_decision" and is_unasked and whose.is_paused
        tabs["waiting" if is_waiting else show] += _sum(count, amount)
    tabs["collecting_fees"] = Sum(tabs["collecting_fees"].count, _kroner(_rows(FEES, whose)[0][0]))
    tabs["settled"] = Sum(_rows(SETTLED, whose)[0][0])
    return Totals(tabs, bands, _kroner(_rows(CHARGES, whose)[0][0]))


def _bands(whose: Whose) -> tuple[Sum, ...]:
    since = [(whose.today - timedelta(days=days)).isoformat() for days in (0, *BANDS)]
    found = {band: _sum(count, amount) for band, count, amount in _rows(OWED, whose, *since)}
    return tuple(found.get(band, Sum()) for band in range(len(BANDS) + 2))


def _sum(count: int, oere: Any) -> Sum:
    return Sum(count, _kroner(oere))


def _kroner(oere: Any) -> Decimal:
    return ZERO + Decimal(int(oere or 0)).scaleb(-2)


def _rows(statement: str, whose: Whose, *values: Any) -> list[Any]:
    own = {"cvr": whose.cvr, "param": db.handle.param, "group": GROUP, "newest": NEWEST, "most": MOST + 1}
    own["claimed"] = CLAIMED.format(**own)
    return list(db.handle.execute_sql(statement.format(**own), values).fetchall())
