"""What a company's choices come to for one invoice that nobody pays: its steps, each with the earliest date; pure.

A promise of what the other processes do: the fetcher decides when an invoice is found, dunning does the rest. Assumed
is what usually is so: a good fetch every day, and letters that leave on the day they are issued. Dates are
Europe/Copenhagen, fees kroner.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal

from common.booking import parse
from common.calendar import add_banking_days, falls_due
from common.law import COLLECTION_FEE, DAYS_BETWEEN, DAYS_TO_PAY, REMINDER_FEE, REMINDERS
from common.money import ZERO

A_DAY = timedelta(days=1)
SLACK = timedelta(days=4)  # that dunning gives beyond what the law asks, in a collection notice
Kind = Literal["due", "found", "asked", "started", "answered", "reminder", "notice", "ready"]
SHAPED_BY = (  # the choices that move a date or a fee
    *("paused", "wait_days", "start_days", "silence", "weekend_due", "booking_days", "reminders", "days_between"),
    *("fee", "collection_notice", "collection_fee"),
)


@dataclass(frozen=True, kw_only=True)
class Step:
    """`found`: listed, and nothing more, while fetching is paused. `started`: by silence; `answered`: by a yes, which
    is taken to come at once where silence starts nothing. `number`: of the reminder; `fee`: of this letter.

    `pay_by` is the date that a warning of debt collection gives; None if the letter is none.
    """

    kind: Kind
    on: date
    number: int = 0
    fee: Decimal = ZERO
    pay_by: date | None = None


@dataclass(frozen=True)
class Timetable:
    steps: tuple[Step, ...]

    @property
    def fees(self) -> Decimal:
        """Of all reminders together."""
        return sum((step.fee for step in self.steps if step.kind == "reminder"), ZERO)

    @property
    def days(self) -> int:
        return (self.steps[-1].on - self.steps[0].on).days


def timetable(choices: Mapping[str, Any], due_on: date) -> Timetable:
    """From choices as they are stored. Raises calendar.BeyondCalendar."""
    due = Step(kind="due", on=falls_due(due_on, choices["weekend_due"]))
    wait = choices["wait_days"]
    asked_on = add_banking_days(due.on, wait) if wait else due.on + A_DAY
    if choices["paused"]:
        return Timetable((due, Step(kind="found", on=asked_on)))
    asked, begun = Step(kind="asked", on=asked_on), _begun(choices, asked_on)
    return Timetable((due, asked, begun, *_letters(choices, due.on, begun.on)))


def _begun(choices: Mapping[str, Any], asked_on: date) -> Step:
    if choices["silence"] != "start":
        return Step(kind="answered", on=asked_on)
    return Step(kind="started", on=add_banking_days(asked_on, choices["start_days"]))


def _letters(choices: Mapping[str, Any], due: date, begun_on: date) -> list[Step]:
    """Each as early as the one before it, the law and the booking of payments allow."""
    steps, count = list[Step](), min(choices["reminders"], REMINDERS.newest)
    on = max(begun_on, _booked(due + A_DAY, choices))
    for number in range(1, count + 1):
        warns = number == count and choices["collection_notice"] == "with_last"
        fee = min(choices["fee"], REMINDER_FEE.on(on))
        steps.append(Step(kind="reminder", on=on, number=number, fee=fee, pay_by=_pay_by(on) if warns else None))
        on = _next(steps[-1], choices)
    if choices["collection_notice"] == "after":
        steps.append(Step(kind="notice", on=on, pay_by=_pay_by(on)))
        on = _next(steps[-1], choices)
    fee = min(choices["collection_fee"], COLLECTION_FEE.on(on))
    return [*steps, Step(kind="ready", on=on, fee=fee)]


def _next(last: Step, choices: Mapping[str, Any]) -> date:
    """Days after the last letter, and never within the time that a warning gave; renteloven § 9 b, stk. 2, inkassoloven
    § 10, stk. 3.
    """
    earliest = last.on + timedelta(days=max(DAYS_BETWEEN.on(last.on), choices["days_between"]))
    return _booked(max(earliest, last.pay_by + A_DAY) if last.pay_by else earliest, choices)


def _pay_by(on: date) -> date:
    return on + timedelta(days=DAYS_TO_PAY.on(on)) + SLACK


def _booked(earliest: date, choices: Mapping[str, Any]) -> date:
    """The first day from `earliest` on whose fetch began after the company had booked: the day after a booking day."""
    days = parse(choices["booking_days"])
    if not days:
        return earliest
    return max(earliest, days.first_on_or_after(earliest) + A_DAY)
