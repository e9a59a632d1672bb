"""May this letter go, and what comes of an attempt? Pure."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Literal

from common.calendar import local_date
from common.law import DAYS_TO_PAY
from common.money import ZERO
from notifier.mailer import Away, NotSent, Refused

FRESH = timedelta(hours=24)  # business time that a look at the ERP is good for
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)  # real time
MOST_TRIES = 125  # six within the first hour, then one an hour: five days
Withdrawal = Literal["stopped", "paid", "stale", "changed"]
_GOING_ON = {"fee_reminder": ("collecting_fees",)}  # stages in which a letter may go; for all others:
_RUNNING = ("running", "checking")


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What a letter to a debtor says that can cease to be so. `pay_by` is the date of a collection notice."""

    kind: str = "reminder"
    step: int
    attempt: int
    recipient: str
    outstanding: Decimal
    charges: Decimal = ZERO
    pay_by: date | None = None


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is so now. `step` counts the letters of the pending kind that were sent.

    Dunning may not have heard yet of `answer`, the company's newest word; it has not heard of what is `unheard`: that
    the debtor objects or says he has paid, or that the company covers or has received the fees.
    """

    stage: str
    pending: bool
    kind: str = "reminder"
    step: int
    attempt: int
    recipient: str
    outstanding: Decimal
    charges: Decimal = ZERO
    looked_at: datetime | None
    answer: str | None
    unheard: bool = False
    is_fee_reversed: bool


def why_not(letter: Demand, now: Standing, freshest: datetime, today: date) -> Withdrawal | None:
    """Why a letter must not go to the debtor any more; `freshest` is the oldest look at the ERP that will do."""
    if _is_paid(letter, now):
        return "paid"
    if _is_stopped(letter, now):
        return "stopped"
    if any(getattr(now, name) != getattr(letter, name) for name in ("outstanding", "charges", "recipient")):
        return "changed"
    if today > latest_day(letter.pay_by):
        return "stale"
    return "stale" if not _is_fresh(now.looked_at, freshest, today) else None


def _is_fresh(looked_at: datetime | None, freshest: datetime, today: date) -> bool:
    """A look of a later day is none: the clock was set back since, and the letter may come too early."""
    return looked_at is not None and looked_at >= freshest and local_date(looked_at) <= today


def latest_day(pay_by: date | None) -> date:
    """On which a letter that gives this date may leave: inkassoloven § 10, stk. 3. None: any."""
    return pay_by - timedelta(days=DAYS_TO_PAY.on(pay_by)) if pay_by else date.max


def _is_paid(letter: Demand, now: Standing) -> bool:
    """A fee reminder asks for what is open when the principal is paid."""
    if letter.kind == "fee_reminder":
        return now.stage == "settled" or now.charges == ZERO
    return now.stage in ("settled", "collecting_fees") or now.outstanding == ZERO


def _is_stopped(letter: Demand, now: Standing) -> bool:
    """It is over or paused, somebody said so just now, or another letter is waited for."""
    awaited = (now.kind, now.step + 1, now.attempt) == (letter.kind, letter.step, letter.attempt)
    if now.stage not in _GOING_ON.get(letter.kind, _RUNNING) or not (now.pending and awaited):
        return True
    return now.answer not in (None, "start", "resume") or now.unheard or now.is_fee_reversed


@dataclass(frozen=True)
class Outcome:
    """What becomes of a letter; `wait` is real time until the next attempt of one that is planned again."""

    state: Literal["planned", "sent", "failed", "held", "withdrawn"]
    reason: str = ""
    wait: timedelta = timedelta(0)


SENT = Outcome("sent")
LOST = Outcome("held", "the process that was sending it is gone: nobody knows whether it went out")


def outcome_of(error: NotSent, tries: int, *, to_debtor: bool) -> Outcome:
    """`tries` counts the attempts that came to nothing, this one not included."""
    if isinstance(error, Refused):
        return Outcome("failed", str(error))
    if to_debtor and not isinstance(error, Away):
        return Outcome("held", str(error))
    if tries + 1 >= MOST_TRIES:
        return Outcome("failed", str(error))
    return Outcome("planned", str(error), min(FIRST_WAIT * 2 ** min(tries, 10), LONGEST_WAIT))
