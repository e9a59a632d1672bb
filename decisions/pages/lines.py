"""The lines of a claim's ledger in plain words, as its debtor reads them; pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from common.events import Invoice
from common.money import ZERO
from common.tables import LedgerLine
from decisions.words import Words

INTERNAL = ("company",)  # accounts between the company and the portal
_MONEY = ("paid", "collected")  # one payment may stand on several accounts; so may what is given up
_TOGETHER = (*_MONEY, "waived", "covered", "uncovered", "restored")
_LAW = {"fee": "9b", "interest": "3_5", "compensation": "9a"}


@dataclass(frozen=True)
class Row:
    what: str
    on: date | None
    amount: Decimal
    law: str = ""

    def under(self, say: Words) -> str:
        """The day, and the paragraph of law."""
        return " · ".join(part for part in (say.day(self.on) if self.on else "", self.law) if part)


def of(lines: Iterable[LedgerLine], invoice: Invoice, say: Words) -> list[Row]:
    """They come to what is owed; a surplus has a line of its own."""
    shown = [line for line in lines if line.account not in INTERNAL]
    writer = Writer(invoice, say)
    rows = [writer.row(together) for together in grouped(shown)]
    surplus = sum((line.amount for line in shown if line.account == "surplus"), ZERO)
    if surplus:
        rows.append(Row(say("line.surplus"), None, -surplus))
    return [row for row in rows if row.amount]


def grouped(lines: Sequence[LedgerLine]) -> Iterator[Sequence[LedgerLine]]:
    """Lines that are one thing for a reader: a payment, say, that was spread over several accounts."""
    groups: dict[object, list[LedgerLine]] = {}
    for number, line in enumerate(lines):
        key = (line.kind, line.booked_on, line.event) if line.kind in _TOGETHER else number
        groups.setdefault(key, []).append(line)
    return iter(groups.values())


class Writer:
    """Writes one row after the other: what is said of some depends on those before."""

    def __init__(self, invoice: Invoice, say: Words) -> None:
        self._invoice, self._say = invoice, say
        self._has_principal = False
        self._interest_until: list[date] = []

    def row(self, lines: Sequence[LedgerLine]) -> Row:
        line, amount = lines[0], sum((line.amount for line in lines), ZERO)
        law = self._say(f"line.law_{_LAW[line.kind]}") if line.kind in _LAW else ""
        on = min(line.value_on or line.booked_on for line in lines) if line.kind in _MONEY else line.booked_on
        match line.kind:
            case "principal" if not self._has_principal:
                self._has_principal, on = True, self._invoice.issued_on or line.booked_on
                return Row(self._say("line.invoice", number=self._invoice.number), on, amount)
            case "interest":
                return Row(self._interest(line), None, amount, law)
            case "reversal":
                return Row(self._reversal(line), on, amount)
        return Row(self._plain(line, amount), on, amount, law)

    def _interest(self, line: LedgerLine) -> str:
        since = self._interest_until[-1] if self._interest_until else None
        until = line.value_on or line.booked_on
        if line.amount < ZERO:
            return self._say("line.interest_less")
        self._interest_until.append(until)
        if since:
            first = since + timedelta(days=1)
            return self._say("line.interest_more", since=self._say.day(first), until=self._say.day(until))
        return self._say("line.interest", until=self._say.day(until))

    def _reversal(self, line: LedgerLine) -> str:
        if line.account == "interest" and self._interest_until:
            self._interest_until.pop()
        known = line.account if line.account in ("fee", "interest", "compensation") else "other"
        return self._say(f"line.reversal_{known}", step=line.step)

    def _plain(self, line: LedgerLine, amount: Decimal) -> str:
        name = line.kind if self._say.has(f"line.{line.kind}") else "other"
        if name in _MONEY and amount > ZERO:
            name = "paid_back"
        return self._say(f"line.{name}", step=line.step)
