"""`debtor.erased` in the three processes that hear it, on both databases: what goes, what stays, and who comes back."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import KnownInvoice, Letter, Notice, Procedure
from dunning import handlers as dunning
from fetcher import handlers as fetcher
from fetcher import overdue
from fetcher.overdue import Known
from notifier import handlers as notifier
from tests.unit.decisions.cases import CVR, MONDAY, company, invoice, known, letter, procedure
from tests.unit.fetcher.fake_erp import bill

pytestmark = pytest.mark.usefixtures("database")

NOW = datetime(2026, 11, 24, 9, tzinfo=UTC)
ERASED: Any = e.DebtorErased(company=CVR, customer_number="77", erasure_no=1).identified("tests")
ANNE = e.Debtor(
    customer_number="77",
    name="Anne",
    email="a@b.example",
    cvr="12345674",
    address="Vej 1",
    postal_code="1000",
    city="By",
)


def nobody() -> Any:
    raise AssertionError("the ERP is not asked")


def hear() -> None:
    fetcher.on_debtor_erased(ERASED, NOW, open_erp=nobody)  # type: ignore[arg-type]
    dunning.on_debtor_erased(ERASED, NOW)
    notifier.on_debtor_erased(ERASED, NOW)


def billed(number: str, paid: str, customer: str = "77") -> e.Invoice:
    is_paid = {"status": "paid"} if paid == "12500.00" else {}
    found = invoice(number, paid=Decimal(paid), debtor=ANNE, **is_paid)
    known(found)
    change(KnownInvoice, KnownInvoice.number == number, customer_number=customer)
    return found


def change(table: Any, which: Any, **fields: Any) -> None:
    with db.transaction():
        table.update(fields).where(which).execute()


def debtors() -> dict[str, Any]:
    with db.connection():
        return {row.number: row.state["debtor"] for row in KnownInvoice.select()}


def letters() -> dict[str, tuple[bool, str]]:
    with db.connection():
        return {row.id: (bool(bytes(row.content)), row.recipient) for row in Letter.select()}


def sent(procedure_id: str, kind: str, step: int = 0, **fields: Any) -> str:
    letter(procedure_id, kind, MONDAY, step=step)
    letter_id = f"{kind}-{procedure_id}-{step}"
    change(Letter, Letter.id == letter_id, **{"content": b"Anne", "subject": "Anne"} | fields)
    return letter_id


def test_the_fetcher_forgets_who_it_was_on_invoices_that_are_not_owed() -> None:
    company()
    billed("1", "12500.00")
    billed("2", "0.00")
    billed("3", "12500.00", "88")

    hear()

    assert {name: value for name, value in debtors()["1"].items() if value} == {
        "customer_number": "77",
        "cvr": "12345674",
    }
    assert [debtors()[number]["name"] for number in ("2", "3")] == ["Anne", "Anne"]


def test_dunning_forgets_the_address_of_procedures_that_are_over_and_keeps_what_the_ledger_rests_on() -> None:
    company()
    for number, stage, customer in (("1", "settled", "77"), ("2", "running", "77"), ("3", "settled", "88")):
        procedure(stage, of=billed(number, "12500.00"), customer_number=customer, debtor_cvr="12345674")

    hear()

    with db.connection():
        found = {row.invoice_number: (row.debtor_email, row.debtor_cvr, row.version) for row in Procedure.select()}
    assert found == {
        "1": (None, "12345674", 4),
        "2": ("a@b.example", "12345674", 3),
        "3": ("a@b.example", "12345674", 3),
    }


def test_letters_with_a_fee_stay_and_all_others_about_him_lose_their_text() -> None:
    company()
    over = procedure("settled", of=billed("1", "12500.00"))
    alive = procedure("running", of=billed("2", "0.00"))
    voucher = sent(over, "reminder", 1, charges=Decimal(100), to_debtor=True)
    plain = sent(over, "reminder", 2)
    asked = sent(over, "notice")
    with db.transaction():
        Notice.insert(procedure_id="another", company=CVR, fetch_id="f", letter_id=asked).execute()
    held = sent(over, "reminder", 3, state="held")
    going_on = sent(alive, "reminder", 1)

    hear()

    assert letters() == {
        voucher: (True, "anne@orsted.dk"),
        plain: (False, ""),
        asked: (False, "anne@orsted.dk"),
        held: (True, "anne@orsted.dk"),
        going_on: (True, "anne@orsted.dk"),
    }
    with db.connection():
        subjects = {row.id: row.subject for row in Letter.select()}
    assert (subjects[plain], subjects[asked], subjects[voucher]) == ("", "", "Anne")


def test_a_repeat_changes_nothing() -> None:
    company()
    hear()

    for again in (dunning.on_debtor_erased, notifier.on_debtor_erased):
        with pytest.raises(AlreadyHandled):
            again(ERASED, NOW)


def test_a_later_fetch_brings_nobody_back_whose_invoices_are_paid() -> None:
    before = overdue.erased(Known(invoice=invoice(status="paid", paid=Decimal("12500.00"), debtor=ANNE)))
    seen = bill("2041", amount=Decimal("12500.00"), paid=Decimal("12600.00"), customer_number="77")

    after, news = overdue.judge(before, seen, ANNE, NOW)

    assert news is e.InvoicePaid  # a surplus may pay fees
    assert after
    assert after.invoice.debtor.name == ""
    assert after.invoice.debtor.email is None


def test_an_invoice_that_was_found_and_is_paid_brings_nobody_back_either() -> None:
    paid = invoice(status="paid", paid=Decimal("12500.00"), debtor=ANNE)
    before = overdue.erased(Known(invoice=paid, asked=False, tracked=False))
    seen = bill("2041", amount=Decimal("12500.00"), paid=Decimal("12500.00"), customer_number="77")

    after, _ = overdue.judge(before, seen, ANNE, NOW)

    assert after
    assert after.invoice.debtor.name == ""


def test_who_owes_again_is_known_again() -> None:
    before = overdue.erased(Known(invoice=invoice(status="paid", paid=Decimal("12500.00"), debtor=ANNE)))
    seen = bill("2041", amount=Decimal("12500.00"), paid=Decimal("0.00"), customer_number="77")

    after, news = overdue.judge(before, seen, ANNE, NOW)

    assert news is e.InvoiceReopened
    assert after
    assert after.invoice.debtor == ANNE


def test_a_debtor_who_owes_is_not_erased_at_all() -> None:
    owing = Known(invoice=invoice(debtor=ANNE))

    assert overdue.erased(owing) == owing
