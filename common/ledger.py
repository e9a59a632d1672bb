"""A claim's ledger as everybody reads it; pure. Every letter and page shows its sums.

Double entry: a line debits `account` and credits `against` by its amount (negative: the other way round), so that all
accounts together are always zero. The debtor's accounts say what he owes; `surplus` is what is owed to him.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol

from common.money import ZERO

Account = Literal["principal", "fee", "interest", "compensation", "surplus", "company"]
Against = Literal[
    "invoiced",  # the principal arises
    "charged",  # fees, interest and compensation arise
    "received",  # money that the ERP knows of
    "direct",  # money that the company says it has
    "lost",  # waived, or covered by the company
    "portal",  # what the portal charges the company
]
CHARGES: tuple[Account, ...] = ("fee", "interest", "compensation")
PAYABLE: tuple[Account, ...] = ("principal", *CHARGES)  # in the order in which money pays them


class Booked(Protocol):
    """A line, as a rule or the database has it."""

    @property
    def account(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...


@dataclass(frozen=True, kw_only=True)
class Owed:
    """What is open on each account, in kroner."""

    principal: Decimal = ZERO
    fee: Decimal = ZERO
    interest: Decimal = ZERO
    compensation: Decimal = ZERO
    surplus: Decimal = ZERO  # negative: owed to the debtor
    company: Decimal = ZERO  # what the company owes the portal

    @property
    def charges(self) -> Decimal:
        return self.fee + self.interest + self.compensation

    @property
    def total(self) -> Decimal:
        """What the debtor owes in all."""
        return self.principal + self.charges


def owed(lines: Iterable[Booked]) -> Owed:
    sums: dict[str, Decimal] = {}
    for line in lines:
        sums[line.account] = sums.get(line.account, ZERO) + line.amount
    return Owed(**sums)
