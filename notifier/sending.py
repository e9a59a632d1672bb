"""May this letter go, and what comes of an attempt? Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from common.money import ZERO
from notifier.mailer import Away, NotSent, Refused

FRESH = timedelta(hours=24)  # business time that a look at the ERP is good for
FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)  # real time
MOST_TRIES = 125  # six within the first hour, then one an hour: five days
Withdrawal = Literal["stopped", "paid", "stale", "changed"]
_RUNNING = ("running", "checking")
_PAID = ("settled", "collecting_fees")


@dataclass(frozen=True, kw_only=True)
class Reminder:
    """What a letter to a debtor says that can cease to be so."""

    step: int
    attempt: int
    recipient: str
    outstanding: Decimal


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What is so now. `answer` is the company's newest word, which dunning may not have heard yet."""

    stage: str
    pending: bool
    step: int
    attempt: int
    recipient: str
    outstanding: Decimal
    looked_at: datetime | None
    answer: str | None
    is_fee_reversed: bool


def why_not(letter: Reminder, now: Standing, freshest: datetime) -> Withdrawal | None:
    """Why a letter must not go to the debtor any more; `freshest` is the oldest look at the ERP that will do."""
    if now.stage in _PAID or now.outstanding == ZERO:
        return "paid"
    if now.stage not in _RUNNING or now.answer == "stop":
        return "stopped"
    if not now.pending or now.is_fee_reversed or (now.step + 1, now.attempt) != (letter.step, letter.attempt):
        return "stopped"
    if (now.outstanding, now.recipient) != (letter.outstanding, letter.recipient):
        return "changed"
    return "stale" if now.looked_at is None or now.looked_at < freshest else None


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
