"""What letters are about: a company and its claims, as frozen values with texts that are safe to show; pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from common.calendar import add_banking_days, falls_due
from common.law import DAYS_BETWEEN
from common.paying import Payment, how_to_pay

OVER = ("settled", "cancelled")  # stages


@dataclass(frozen=True, kw_only=True)
class Creditor:
    """The company: whose claim it is, and who reads about it."""

    cvr: str
    name: str
    email: str
    language: str = "da"
    payment_details: tuple[str, ...] = ()
    letterhead: tuple[str, ...] = ()
    bank_account: str = ""
    fi_creditor: str = ""
    reply_to: str = ""

    @property
    def answers_to(self) -> str:
        """Where debtors write to."""
        return self.reply_to or self.email

    def paid_by(self, payment_line: str) -> Payment:
        """How a claim with this payment line is paid."""
        return how_to_pay(payment_line, self.fi_creditor, self.bank_account, self.payment_details)


@dataclass(frozen=True, kw_only=True)
class Claim:
    """An invoice and how far its dunning is. `step` counts the reminders that were sent, `email` is the debtor's."""

    procedure_id: str
    number: str
    debtor: str
    email: str | None
    amount: Decimal
    outstanding: Decimal
    issued_on: date | None
    due_on: date
    payment_line: str = ""
    step: int = 0
    notified_on: date | None = None
    last_reminder_on: date | None = None
    fee: Decimal = Decimal("100.00")
    reminders: int = 3
    days_between: int = 10
    silence: Literal["start", "stay"] = "start"
    start_days: int = 3
    weekend_due: Literal["next", "keep"] = "next"
    stage: str = "running"
    pause: str = ""  # why it is paused, if it is
    paused_until: date | None = None
    is_trader: bool = False
    is_warned: bool = False  # the collection notice was sent
    interest: bool = False
    compensation: bool = False
    collection_notice: Literal["with_last", "after"] = "with_last"
    disputed: bool = False

    @property
    def paid(self) -> Decimal:
        return self.amount - self.outstanding

    @property
    def overdue_on(self) -> date:
        """The first day on which it is overdue."""
        return falls_due(self.due_on, self.weekend_due) + timedelta(days=1)

    def starts_on(self, today: date) -> date | None:
        """When silence starts it, if the company is asked today; None if silence never does, or not on a dispute."""
        if self.silence != "start" or self.disputed:
            return None
        return max(add_banking_days(today, self.start_days), self.overdue_on)

    def next_reminder_on(self, today: date) -> date:
        """The earliest date of the next reminder, from `today` on."""
        earliest = max(today, self.overdue_on)
        if self.last_reminder_on is None:
            return earliest
        last = self.last_reminder_on
        return max(earliest, last + timedelta(days=max(DAYS_BETWEEN.on(last), self.days_between)))


@dataclass(frozen=True, kw_only=True)
class Case:
    creditor: Creditor
    claim: Claim
