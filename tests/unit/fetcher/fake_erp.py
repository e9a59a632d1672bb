"""The ERP of the tests: keeps invoices and debtors in memory, and misbehaves as told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any

from common.events import Debtor
from fetcher.erp import Invoice, Owner, Row, Unreadable

DUE_ON = date(2026, 2, 16)


def bill(number: str = "1001", **changes: Any) -> Invoice:
    """An invoice of 1,250 kr. to Ane Holm, two weeks overdue on the tests' Monday."""
    usual = Invoice(
        number=number,
        type="1",
        customer_number="BF-1",
        customer_name="Ane Holm",
        issued_on=date(2026, 2, 2),
        due_on=DUE_ON,
        amount=Decimal("1250.00"),
        paid=None,
        paid_on=None,
    )
    return replace(usual, **changes)


JENSEN = Owner("Jensen VVS ApS", "12345674")
ANE = Debtor(customer_number="BF-1", name="Ane Holm", email="ane@holm.example")


@dataclass
class FakeErp:
    """Obeys `-gt` unless `obeys` is False; gives at most `cap` rows a page; raises what stands in `failures` first."""

    rows: dict[str, Row] = field(default_factory=dict)
    known_debtors: dict[str, Debtor | Unreadable] = field(default_factory=lambda: {"BF-1": ANE})
    cap: int = 100
    obeys: bool = True
    pages: bool = True
    owner: Owner = JENSEN
    failures: list[Exception] = field(default_factory=list)
    calls: list[tuple[Any, ...]] = field(default_factory=list)

    def has(self, *rows: Row) -> None:
        self.rows.update({row.number: row for row in rows})

    def change(self, number: str, **changes: Any) -> None:
        row = self.rows[number]
        assert isinstance(row, Invoice)
        self.rows[number] = replace(row, **changes)

    def whose(self) -> Owner:
        self._called("whose")
        return self.owner

    def page_after(self, due_from: date | None, due_until: date, number: str) -> list[Row]:
        self._called("page_after", due_from, due_until, number)
        listed = self._listed(due_from, due_until)
        return [row for row in listed if not self.obeys or int(row.number or 10**9) > int(number)][: self.cap]

    def page(self, due_from: date | None, due_until: date, page: int) -> list[Row]:
        self._called("page", due_from, due_until, page)
        start = (page - 1) * self.cap if self.pages else 0
        return self._listed(due_from, due_until)[start : start + self.cap]

    def invoices(self, numbers: Sequence[str]) -> list[Row]:
        self._called("invoices", *numbers)
        return [row for row in self.rows.values() if row.number in numbers]

    def invoice(self, number: str) -> Row | None:
        self._called("invoice", number)
        return self.rows.get(number)

    def debtors(self, customer_numbers: Sequence[str]) -> Mapping[str, Debtor | Unreadable]:
        self._called("debtors", *customer_numbers)
        return {number: found for number in customer_numbers if (found := self.known_debtors.get(number))}

    def _listed(self, due_from: date | None, due_until: date) -> list[Row]:
        rows = [row for row in self.rows.values() if _is_listed(row, due_from or date.min, due_until)]
        return sorted(rows, key=lambda row: int(row.number or 10**9)) if self.obeys else rows

    def _called(self, *what: Any) -> None:
        self.calls.append(what)
        if self.failures:
            raise self.failures.pop(0)


def _is_listed(row: Row, due_from: date, due_until: date) -> bool:
    return isinstance(row, Unreadable) or (row.type == "1" and due_from <= row.due_on <= due_until)
