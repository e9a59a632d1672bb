"""The port to a company's ERP: what it says, and what can go wrong. Two implementations: ordrestyring.py, and the fake
of the tests (tests/unit/fetcher/fake_erp.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol

from common.events import Debtor

ORDINARY = "1"  # the type of an invoice that is no credit note


class KeyRefused(Exception):
    """The ERP does not take the company's key; only another key helps."""


class Unavailable(Exception):
    """The ERP can't be had now; later it may. `retry_after` is what it asked for, in (real) seconds."""

    def __init__(self, reason: str, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.retry_after = retry_after


class Malformed(ValueError):
    """This one thing can't be read; the message says why."""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice as the ERP has it: kroner incl. VAT, dates in Copenhagen. `paid` is None where it names no amount."""

    number: str
    type: str
    customer_number: str
    customer_name: str
    address: str = ""
    postal_code: str = ""
    city: str = ""
    cvr: str | None = None
    issued_on: date | None
    due_on: date
    amount: Decimal
    paid: Decimal | None
    paid_on: date | None
    payment_line: str = ""


@dataclass(frozen=True)
class Unreadable:
    """An invoice or a debtor that can't be read, and why. `number` is empty where even that is missing."""

    number: str
    reason: str


Row = Invoice | Unreadable


@dataclass(frozen=True)
class Owner:
    """Whose a key is, as far as the ERP says it: a name for people, a CVR number of eight digits; else ""."""

    name: str = ""
    cvr: str = ""


def is_whole(number: str) -> bool:
    """Whether it is made of the ten digits alone; Unicode has more that look like them."""
    return number.isascii() and number.isdigit()


class Erp(Protocol):
    """The books of one company. Every call may raise KeyRefused or Unavailable."""

    def whose(self) -> Owner:
        """Tries the key: whose it is. What comes back never holds the key."""
        ...

    def page_after(self, due_from: date | None, due_until: date, number: str) -> list[Row]:
        """Ordinary invoices due between the dates, paid ones too, by number and beyond `number`, if it obeys that."""
        ...

    def page(self, due_from: date | None, due_until: date, page: int) -> list[Row]:
        """The same, page by page from 1; empty beyond the last."""
        ...

    def invoices(self, numbers: Sequence[str]) -> list[Row]:
        """Those of `numbers` that it lists; being absent from here means nothing."""
        ...

    def invoice(self, number: str) -> Row | None:
        """This one; None if it knows no such invoice."""
        ...

    def debtors(self, customer_numbers: Sequence[str]) -> Mapping[str, Debtor | Unreadable]:
        """Those that it knows, by customer number. Nobody is asked about the invoices of one who is unreadable."""
        ...
