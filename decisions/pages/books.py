"""The ledger of a claim as its company reads it: every line with both its accounts, and what it comes to; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.events import Invoice
from common.ledger import PAYABLE, owed
from common.money import ZERO
from common.tables import LedgerLine
from decisions.pages import lines, rules
from decisions.words import Words


@dataclass(frozen=True)
class Entry:
    """`debit` and `credit` are the accounts, `amount` is never negative; `owes` is what the debtor owes after it."""

    on: date
    what: str
    why: str
    debit: str
    credit: str
    amount: Decimal
    owes: Decimal


def of(ledger: Sequence[LedgerLine], invoice: Invoice, say: Words) -> list[Entry]:
    """In the order in which they were booked."""
    writer, owes, entries = lines.Writer(invoice, say), ZERO, []
    for line in ledger:
        owes += line.amount if line.account in PAYABLE else ZERO
        entries.append(_entry(line, writer.row([line]), owes, say))
    return entries


def _entry(line: LedgerLine, row: lines.Row, owes: Decimal, say: Words) -> Entry:
    accounts = (say(f"told.account.{line.account}"), say(f"told.account.{line.against}"))
    debit, credit = accounts if line.amount >= ZERO else accounts[::-1]
    why = rules.rule(line.rule, say) or row.law
    return Entry(row.on or line.booked_on, row.what, why, debit, credit, abs(line.amount), owes)


def sums(ledger: Sequence[LedgerLine], say: Words) -> list[tuple[str, Decimal]]:
    """What is open on each account of the debtor's, and in all; then what is owed to him, and what it cost the company.

    They are those of common/ledger.py, as in every letter.
    """
    open_ = owed(ledger)
    rows = [(name, getattr(open_, name)) for name in ("principal", "fee", "interest", "compensation")]
    shown = [(say(f"told.account.{name}"), amount) for name, amount in rows if amount or name == "principal"]
    shown.append((say("case.owes_in_all"), open_.total))
    others = (("case.surplus", -open_.surplus), ("case.costs", open_.company))
    return shown + [(say(name), amount) for name, amount in others if amount]
