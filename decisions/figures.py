"""The numbers that matter, out of sums and counts that the database has made; pure. Each figure's parts come to its
whole. What each of them means stands under it on the page (numbers.toml).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple

from common.ledger import CHARGES
from common.money import ZERO

PERIODS = ("30", "year", "all")
STEPS = ("before", "notice", "reminder_1", "reminder_2", "reminder_3", "collection_notice", "escalated")  # in order
PAID = ("paid", "fees_paid", "covered")  # reasons to be settled: the principal is paid
ENDINGS = (  # how procedures ended; the last three go on
    "paid_unstarted",
    "paid_answer",
    "paid_silence",
    "stopped_link",
    "stopped_portal",
    "taken_back",
    "written_off",
    "not_worth",
    "other",
    "waiting",
    "going",
    "escalated",
)
GOING_ON = ENDINGS[-3:]
FATES = ("collected", "waived", "covered", "reversed")  # of charges; what is left of them is open


@dataclass(frozen=True)
class Period:
    """From `since` on, up to today; None is from the beginning."""

    name: str
    since: date | None


def period(name: str, today: date) -> Period:
    since = {"30": today - timedelta(days=29), "year": today.replace(month=1, day=1)}
    return Period(name, since.get(name))


# --- how much was paid after which step ------------------------------------------------------------------------------
@dataclass(frozen=True)
class Recovered:
    """Kroner of principal that were paid, by the last step before. What was taken back counts against its day."""

    parts: Mapping[str, Decimal]

    @property
    def total(self) -> Decimal:
        return sum(self.parts.values(), ZERO)

    @property
    def asked(self) -> Decimal:
        """Without what was paid before anybody was asked."""
        return self.total - self.parts["before"]


def recovered(rows: Iterable[tuple[int, Decimal]]) -> Recovered:
    """`rows`: the number of a step, and the kroner that were paid after it."""
    parts = dict.fromkeys(STEPS, ZERO)
    for step, amount in rows:
        parts[STEPS[step]] += amount
    return Recovered(parts)


# --- how many days it took -------------------------------------------------------------------------------------------
class Days(NamedTuple):
    """A quarter, half and three quarters of so many invoices were paid within so many days."""

    invoices: int
    quarter: int
    half: int
    most: int


def days(counted: Iterable[tuple[int, int]]) -> Days | None:
    """`counted`: so many days, for so many invoices. A payment in advance took none. None for no invoices."""
    numbers: dict[int, int] = {}
    for number, count in counted:
        numbers[max(number, 0)] = numbers.get(max(number, 0), 0) + count
    total = sum(numbers.values())
    if not total:
        return None
    return Days(total, *(_within(numbers, -(-total * part // 4)) for part in (1, 2, 3)))


def _within(numbers: Mapping[int, int], wanted: int) -> int:
    """The days within which at least so many were paid."""
    reached = 0
    for number in sorted(numbers):
        reached += numbers[number]
        if reached >= wanted:
            break
    return number


@dataclass(frozen=True)
class Paying:
    """`months` are first days, oldest first."""

    since_due: Days | None
    since_start: Days | None
    months: Mapping[date, Days]


def paying(from_due: Iterable[tuple[date, int, int]], from_start: Iterable[tuple[int, int]]) -> Paying:
    """`from_due`: month, days, invoices; `from_start`: days, invoices."""
    by_month: dict[date, list[tuple[int, int]]] = {}
    for month, number, count in from_due:
        by_month.setdefault(month, []).append((number, count))
    everything = [one for month in by_month.values() for one in month]
    found = {month: days(by_month[month]) for month in sorted(by_month)}
    return Paying(days(everything), days(from_start), {month: each for month, each in found.items() if each})


# --- how procedures ended --------------------------------------------------------------------------------------------
class Stood(NamedTuple):
    """So many procedures stand like this. `by_link`: they were stopped through a link in a mail."""

    stage: str
    reason: str
    started_by: str
    by_link: bool
    procedures: int


@dataclass(frozen=True)
class Ended:
    parts: Mapping[str, int]

    @property
    def total(self) -> int:
        return sum(self.parts.values())

    @property
    def over(self) -> int:
        return sum(count for name, count in self.parts.items() if name not in GOING_ON)

    def share(self, *names: str) -> int:
        """Percent of those that ended."""
        return round(Decimal(100 * sum(self.parts[name] for name in names)) / self.over) if self.over else 0


def ended(rows: Iterable[Stood]) -> Ended:
    parts = dict.fromkeys(ENDINGS, 0)
    for row in rows:
        parts[ending(row)] += row.procedures
    return Ended(parts)


def ending(row: Stood) -> str:
    match row.stage, row.reason:
        case "settled", reason if reason in PAID:
            return f"paid_{row.started_by}" if row.started_by in ("answer", "silence") else "paid_unstarted"
        case ("settled", "credited") | ("cancelled", "withdrawn"):
            return "taken_back"
        case "settled", "waived":
            return "written_off"
        case "cancelled", "stopped":
            return "stopped_link" if row.by_link else "stopped_portal"
        case "cancelled", "not_worth_dunning":
            return "not_worth"
        case (("settled" | "cancelled"), _):
            return "other"
    return {"awaiting_decision": "waiting", "escalated": "escalated"}.get(row.stage, "going")


# --- what became of the charges --------------------------------------------------------------------------------------
class Booked(NamedTuple):
    """Kroner that were booked of a kind on an account; `is_more`: what was owed more, not less."""

    account: str
    kind: str
    against: str
    is_more: bool
    amount: Decimal


@dataclass(frozen=True)
class Charged:
    """Kroner of one charge, and what became of it. `left` is open, or older charges were paid."""

    charged: Decimal = ZERO
    collected: Decimal = ZERO
    waived: Decimal = ZERO
    covered: Decimal = ZERO
    reversed: Decimal = ZERO

    @property
    def left(self) -> Decimal:
        return self.charged - self.collected - self.waived - self.covered - self.reversed


@dataclass(frozen=True)
class Charges:
    """By charge; `costs`: of the portal; `lost`: principal that was written off."""

    parts: Mapping[str, Charged]
    costs: Decimal
    lost: Decimal

    @property
    def total(self) -> Charged:
        names = ("charged", *FATES)
        return Charged(**{name: sum((getattr(x, name) for x in self.parts.values()), ZERO) for name in names})


def charges(rows: Iterable[Booked]) -> Charges:
    sums = {account: dict.fromkeys(("charged", *FATES), ZERO) for account in CHARGES}
    costs = lost = ZERO
    for row in rows:
        if row.account in sums:
            name = _fate(row)
            sums[row.account][name] += row.amount if name == "charged" else -row.amount
        elif row.account == "company":
            costs += row.amount
        elif (row.account, row.against) == ("principal", "lost"):
            lost -= row.amount
    return Charges({account: Charged(**sums[account]) for account in CHARGES}, costs, lost)


def _fate(row: Booked) -> str:
    """What a company takes on again after all (`uncovered`, `restored`) counts against what it gave up."""
    match row.against:
        case "charged":
            return "charged" if row.is_more and row.kind != "reversal" else "reversed"
        case "received" | "direct":
            return "collected"
    return "covered" if row.kind in ("covered", "uncovered") else "waived"
