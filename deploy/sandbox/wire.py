"""What the control doors are told: the shapes of their JSON, shared with the client."""

from datetime import date
from decimal import Decimal
from typing import Literal

from msgspec import Struct

LARGEST = Decimal("999999999.99")  # kroner; what an invoice may be at most


class Company(Struct, forbid_unknown_fields=True, frozen=True):
    """A company of the stand-in ERP. `keyset`: whether `invoice_number-gt` is obeyed or silently ignored."""

    key: str
    name: str
    cvr: str
    keyset: bool = True
    pagesize_cap: int = 100

    def __post_init__(self) -> None:
        if not self.key or ":" in self.key:
            raise ValueError("key must not be empty nor hold a colon")
        if self.pagesize_cap < 1:
            raise ValueError("pagesize_cap must be 1 or more")


class NewInvoice(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True):
    """An invoice and its debtor. Amounts are kroner incl. VAT. Paid with `paid_on` alone means paid in full."""

    key: str
    customer_name: str
    email: str | None
    amount: Decimal
    issued_on: date
    due_on: date
    number: int | None = None
    customer_number: str | None = None
    cvr: str | None = None
    paid_amount: Decimal | None = None
    paid_on: date | None = None

    def __post_init__(self) -> None:
        to_oere("amount", self.amount)
        if self.paid_amount is not None:
            to_oere("paid_amount", self.paid_amount)
        if self.paid_amount and not self.paid_on:
            raise ValueError("paid_amount needs paid_on")
        if self.number is not None and not 0 < self.number < 2**53:
            raise ValueError("number must be 1 or more")


class Payment(Struct, forbid_unknown_fields=True, frozen=True):
    """Adds to what is paid; a negative amount takes a payment back. `key` where two companies use the number."""

    amount: Decimal
    date: date
    key: str | None = None

    def __post_init__(self) -> None:
        to_oere("amount", self.amount)


class ErpFault(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """What goes wrong with the next `times` calls (null: with all) whose path begins with `path`."""

    path: str = "/"
    times: int | None = 1
    key: str | None = None

    def __post_init__(self) -> None:
        if not self.path.startswith("/"):
            raise ValueError("path must begin with /")
        _check_times(self.times)


class Status(ErpFault, frozen=True, kw_only=True):
    """An answer with this status; `retry_after` is seconds or an HTTP date."""

    status: int
    retry_after: int | str | None = None

    def __post_init__(self) -> None:
        ErpFault.__post_init__(self)
        if not 300 <= self.status <= 599:
            raise ValueError("status must be from 300 to 599")


class Delay(ErpFault, frozen=True, kw_only=True):
    """The right answer, after so many seconds."""

    seconds: float


class Cut(ErpFault, frozen=True, kw_only=True):
    """Half of the right answer, then the connection ends."""


class Malformed(ErpFault, frozen=True, kw_only=True):
    """A 200 whose body is no JSON."""


Moment = Literal["mail", "rcpt", "data"]


class MailFault(Struct, forbid_unknown_fields=True, frozen=True, kw_only=True, tag_field="kind", tag=str.lower):
    """What goes wrong with the next `times` mails (null: with all), or with those to `recipient` alone."""

    times: int | None = 1
    recipient: str | None = None

    def __post_init__(self) -> None:
        _check_times(self.times)


class Reply(MailFault, frozen=True, kw_only=True):
    """A refusal: 4xx for now, 5xx for good."""

    code: int
    at: Moment = "rcpt"

    def __post_init__(self) -> None:
        MailFault.__post_init__(self)
        if not 400 <= self.code <= 599:
            raise ValueError("code must be from 400 to 599")


class Hang(MailFault, frozen=True, kw_only=True):
    """Silence for so many seconds, then on as if nothing had been."""

    seconds: float
    at: Moment = "data"


class DieAfter250(MailFault, frozen=True, tag="die_after_250", kw_only=True):
    """The mail is accepted and stored, then the connection ends: before the sender hears 250, or after (`answered`)."""

    answered: bool = False


def to_oere(name: str, amount: Decimal) -> int:
    """Whole øre. Raises ValueError, naming the field, if `amount` isn't kroner and øre."""
    if not amount.is_finite() or abs(amount) > LARGEST or amount * 100 % 1:
        raise ValueError(f"{name} must be kroner with at most two decimals, up to {LARGEST}; it is {amount}")
    return int(amount * 100)


def _check_times(times: int | None) -> None:
    if times is not None and times < 1:
        raise ValueError("times must be 1 or more, or null for always")
