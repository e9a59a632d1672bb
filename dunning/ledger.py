"""The lines of a claim's ledger, and how money is spread over what is owed; pure. Accounts: common/ledger.py."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Literal, NamedTuple

from common.ledger import CHARGES, PAYABLE, Account, Against
from common.money import ZERO

Kind = Literal[
    "principal",
    "fee",
    "interest",
    "compensation",
    "reversal",
    "paid",
    "collected",
    "waived",
    "covered",
    "uncovered",
    "restored",
    "cost",
]
CHARGING: tuple[Kind, ...] = ("fee", "interest", "compensation")  # kinds that a letter books


@dataclass(frozen=True)
class Line:
    """What the debtor owes more (or, negative, less) on `account`, and the rule or choice behind it. Never changed.

    It was booked on a business date, and counts from `value_on`, if that is another one. `event` is what was heard.
    """

    kind: Kind
    step: int
    attempt: int
    amount: Decimal
    booked_on: date
    rule: str
    account: Account = "fee"
    against: Against = "charged"
    value_on: date | None = None
    event: str = ""

    @property
    def counts_from(self) -> date:
        return self.value_on or self.booked_on


Ledger = tuple[Line, ...]


class Move(NamedTuple):
    """An amount that is to be booked."""

    kind: Kind
    account: Account
    against: Against
    amount: Decimal


def total(ledger: Iterable[Line], account: Account, *against: Against) -> Decimal:
    """What is on an account and stands against those named."""
    return sum((x.amount for x in ledger if x.account == account and x.against in against), ZERO)


def received(ledger: Iterable[Line]) -> Decimal:
    """All money that the ERP knows of."""
    return -sum((line.amount for line in ledger if line.against == "received"), ZERO)


def standing(ledger: Ledger, kind: Kind) -> Ledger:
    """Lines of that kind that a step booked and that were not reversed."""
    reversed_ = {(line.account, line.step, line.attempt) for line in ledger if line.kind == "reversal"}
    return tuple(
        line for line in ledger if line.kind == kind and (line.account, line.step, line.attempt) not in reversed_
    )


# --- how money is spread ---------------------------------------------------------------------------------------------
def spread(ledger: Ledger, paid: Decimal) -> Iterator[Move]:
    """What is missing for `paid`, all that the ERP knows of, to pay the principal first, then fees, interest and
    compensation; what is left is owed to the debtor. Money that the company had directly pays no principal.

    A payment comes before a write-off of the principal, and nothing is waived that is not charged any more.
    """
    due = {account: total(ledger, account, "invoiced", "charged") for account in PAYABLE}
    lost = {account: -total(ledger, account, "lost") for account in PAYABLE}
    kept = {account: max(min(lost[account], due[account] - _first(account, paid, due)), ZERO) for account in PAYABLE}
    yield from _moves("restored", "lost", {account: lost[account] - kept[account] for account in PAYABLE})
    due = {account: due[account] - kept[account] for account in PAYABLE}
    for kind, against, money, accounts in (
        ("collected", "direct", -sum((x.amount for x in ledger if x.against == "direct"), ZERO), CHARGES),
        ("paid", "received", paid, PAYABLE),
    ):
        parts = _parts(money, accounts, due)
        due = {account: due[account] - parts.get(account, ZERO) for account in PAYABLE}
        yield from _moves(kind, against, {name: -part - total(ledger, name, against) for name, part in parts.items()})  # type: ignore[arg-type]


def _first(account: Account, paid: Decimal, due: dict[Account, Decimal]) -> Decimal:
    return min(paid, due["principal"]) if account == "principal" else ZERO


def _parts(money: Decimal, accounts: Sequence[Account], due: dict[Account, Decimal]) -> dict[Account, Decimal]:
    parts: dict[Account, Decimal] = {}
    for account in accounts:
        parts[account] = min(money, due[account])
        money -= parts[account]
    return parts | {"surplus": money}


def _moves(kind: Kind, against: Against, amounts: dict[Account, Decimal]) -> Iterator[Move]:
    return (Move(kind, account, against, amount) for account, amount in amounts.items())
