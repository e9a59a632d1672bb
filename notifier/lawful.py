"""The last guard: whatever dunning made of it, no letter leaves whose charges the law forbids; pure."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.law import COMPENSATION, DAYS_BETWEEN, GOOD_REASON, REMINDER_FEE, REMINDERS
from common.money import ZERO


@dataclass(frozen=True, kw_only=True)
class Charged:
    """What stands in the ledger when a letter is to leave, in kroner: its own fee, those of other letters about the
    claim, and the compensation. `last_on` is the day on which the newest of these letters left.
    """

    fee: Decimal = ZERO
    other_fees: tuple[Decimal, ...] = ()
    compensation: Decimal = ZERO
    last_on: date | None = None
    is_disputed: bool = False
    is_trader: bool = False


def forbidden(charged: Charged, today: date) -> str | None:
    """The paragraph that forbids the letter, and what is wrong with it; None for one that may leave."""
    if charged.compensation > ZERO and not charged.is_trader:
        return f"{COMPENSATION.paragraph}: compensation from a consumer"
    return _forbidden_fee(charged, today) if charged.fee > ZERO else None


def _forbidden_fee(charged: Charged, today: date) -> str | None:
    most, letters, gap = REMINDER_FEE.on(today), REMINDERS.on(today), DAYS_BETWEEN.on(today)
    if charged.is_disputed:
        return f"{GOOD_REASON}: a fee on a claim that is disputed"
    if charged.fee > most:
        return f"{REMINDER_FEE.paragraph}: a fee of {charged.fee} kr.; {most} is the most"
    if any(charged.fee > other for other in charged.other_fees):
        return f"{REMINDER_FEE.paragraph}: a fee of {charged.fee} kr. after a lower one"
    if len(charged.other_fees) >= letters:
        return f"{REMINDERS.paragraph}: a fee for letter {len(charged.other_fees) + 1}; {letters} is the most"
    if charged.last_on and (today - charged.last_on).days < gap:
        return f"{DAYS_BETWEEN.paragraph}: a fee within {gap} days of the letter of {charged.last_on}"
    return None
