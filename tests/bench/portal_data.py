"""A portal full of invoices: one company with very many, many with some. Procedures of all stages, ledgers, answers.

Written straight into the tables, as the processes would leave them:
`python -m tests.bench.portal_data URL [BIG SMALL COMPANIES]`.
"""

import random
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import msgspec

from common import bulk, db, names
from common.events import Debtor, Invoice
from common.tables import Answer, Company, FetchRun, KnownInvoice, LedgerLine, Procedure, Table
from dunning.policy import Policy

BIG, SMALL, COMPANIES = 100_000, 100, 1000
BIGGEST = "10000000"  # the CVR number of the company with BIG invoices; the others follow
TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
BATCH = 2000  # invoices a statement
STAGES = {  # of 100 invoices
    "settled": 55,
    "cancelled": 8,
    "awaiting_decision": 12,
    "running": 14,
    "paused": 2,
    "collecting_fees": 2,
    "escalated": 4,
    "unasked": 3,
}
FIRST = ("Anne", "Bo", "Carl", "Dorte", "Åse", "Ørnulf", "Ægir", "Mette", "Søren", "Jürgen")
LAST = ("Holm", "Ørsted", "Aagaard", "Nielsen", "Sørensen", "Åkjær", "Æbelø", "Jensen", "Müller", "Friis")
TRADE = ("ApS", "A/S", "Café", "VVS", "Byg", "& Søn", "I/S", "Boligforening", "", "")


def fill(big: int = BIG, small: int = SMALL, companies: int = COMPANIES) -> None:
    """Into an empty database with all tables."""
    chance = random.Random(1)  # the same every time
    cvrs = [f"{int(BIGGEST) + number}" for number in range(companies)]
    for part in bulk.parts(cvrs, 500):
        _insert(Company, [_company(cvr) for cvr in part])
        _insert(FetchRun, [_run(cvr) for cvr in part])
    batch = list[tuple[str, int]]()
    for cvr in cvrs:
        for number in range(big if cvr == BIGGEST else small):
            batch.append((cvr, number))
            if len(batch) == BATCH:
                _write(batch, chance)
                batch.clear()
    _write(batch, chance)
    if not db.is_sqlite():
        with db.connection():
            db.handle.execute_sql("VACUUM ANALYZE")


def _write(batch: list[tuple[str, int]], chance: random.Random) -> None:
    rows: dict[type[Table], list[dict[str, Any]]] = {KnownInvoice: [], Procedure: [], LedgerLine: [], Answer: []}
    for cvr, number in batch:
        for table, row in _invoice(cvr, number, chance):
            rows[table].append(row)
    for table, found in rows.items():
        _insert(table, found)


def _insert(table: type[Table], rows: list[dict[str, Any]]) -> None:
    with db.transaction():
        bulk.insert(table, rows)


def _company(cvr: str) -> dict[str, Any]:
    row = {"cvr": cvr, "name": f"Murermester {cvr}", "email": f"bog@{cvr}.example", "api_key": "locked"}
    return row | {"api_key_no": 1, "created_at": NOW - timedelta(days=900)}


def _run(cvr: str) -> dict[str, Any]:
    row = {"fetch_id": f"f-{cvr}", "company": cvr, "state": "finished", "began_at": NOW - timedelta(hours=3)}
    return row | {"ended_at": NOW - timedelta(hours=2), "seen": 100}


def _invoice(cvr: str, number: int, chance: random.Random) -> Iterator[tuple[type[Table], dict[str, Any]]]:
    stage = chance.choices(list(STAGES), list(STAGES.values()))[0]
    customer = chance.randrange(1, 2000)
    invoice = _stated(number, stage, customer, chance)
    yield KnownInvoice, _known(cvr, invoice, stage)
    if stage == "unasked":
        return
    step = {"awaiting_decision": 0, "escalated": 3}.get(stage, chance.randrange(0, 4))
    procedure = _procedure(cvr, invoice, stage, step)
    yield Procedure, procedure
    if step or stage == "running":
        yield Answer, _answer(procedure)
    for line in _lines(procedure, invoice, step, is_open=stage not in ("settled", "cancelled")):
        yield LedgerLine, line


def _stated(number: int, stage: str, customer: int, chance: random.Random) -> Invoice:
    """The newest are asked about, those ready for debt collection are months old, the settled ones from all times."""
    ages = {"awaiting_decision": (6, 14), "running": (10, 70), "escalated": (60, 200), "unasked": (200, 900)}
    age = chance.randint(*ages.get(stage, (5, 900)))
    amount = Decimal(chance.randrange(100_00, 60_000_00)).scaleb(-2)
    is_paid = stage in ("settled", "collecting_fees")
    name = " ".join((FIRST[customer % 10], LAST[customer // 10 % 10], TRADE[customer // 100 % 10], str(customer)))
    debtor = Debtor(customer_number=str(customer), name=" ".join(name.split()), email=f"k{customer}@kunde.example")
    return Invoice(
        number=str(1000 + number),
        sequence=2 if is_paid else 1,
        status="paid" if is_paid else "open",
        issued_on=TODAY - timedelta(days=age + 14),
        due_on=TODAY - timedelta(days=age),
        amount=amount,
        paid=amount if is_paid else Decimal("0.00"),
        paid_on=TODAY - timedelta(days=3) if is_paid else None,
        debtor=debtor,
        observed_at=NOW - timedelta(hours=3),
    )


def _known(cvr: str, invoice: Invoice, stage: str) -> dict[str, Any]:
    row = {"company": cvr, "number": invoice.number, "sequence": invoice.sequence, "asked": stage != "unasked"}
    row |= {"tracked": invoice.status == "open", "fetch_id": f"f-{cvr}", "outstanding": invoice.outstanding}
    row |= {"state": msgspec.to_builtins(invoice), "customer_number": invoice.debtor.customer_number}
    return row | {"due_on": invoice.due_on, "debtor_key": names.key(invoice.debtor.name), "absent_on": None}


def _procedure(cvr: str, invoice: Invoice, stage: str, step: int) -> dict[str, Any]:
    reasons = {"settled": "paid", "cancelled": "stopped", "paused": "disputed"}
    is_waiting = stage in ("awaiting_decision", "running", "collecting_fees")
    row = {"id": f"p-{cvr}-{invoice.number}", "company": cvr, "invoice_number": invoice.number, "round": 1}
    row |= {"version": 3, "stage": stage, "reason": reasons.get(stage, ""), "sequence": invoice.sequence}
    row |= {"customer_number": invoice.debtor.customer_number, "debtor_email": invoice.debtor.email}
    row |= {"amount": invoice.amount, "paid": invoice.paid, "due_on": invoice.due_on, "step": step, "attempt": 0}
    row |= {"policy": msgspec.to_builtins(Policy()), "fetch_id": f"f-{cvr}", "opened_at": NOW - timedelta(days=5)}
    row |= {"notified_on": TODAY - timedelta(days=4), "answer_no": int(bool(step) or stage == "running")}
    row |= {"fee_answer_no": 0, "pending": False, "unreachable_step": 0, "disputed": stage == "paused"}
    row |= {"last_reminder_on": TODAY - timedelta(days=5) if step else None, "looked_at": None, "wake_no": 2}
    return row | {"wake_at": NOW + timedelta(days=3) if is_waiting else None, "issued_on": invoice.issued_on}


def _answer(procedure: dict[str, Any]) -> dict[str, Any]:
    row = {"procedure_id": procedure["id"], "company": procedure["company"], "answer_no": 1, "choice": "start"}
    return row | {"answered_at": NOW - timedelta(days=4)}


def _lines(procedure: dict[str, Any], invoice: Invoice, step: int, *, is_open: bool) -> Iterator[dict[str, Any]]:
    def line(kind: str, account: str, amount: Decimal, number: int = 0, against: str = "charged") -> dict[str, Any]:
        row = {"procedure_id": procedure["id"], "company": procedure["company"], "kind": kind, "step": number}
        row |= {"attempt": 0, "amount": amount, "booked_on": TODAY - timedelta(days=5), "rule": "renteloven § 9 b"}
        return row | {"account": account, "against": against, "value_on": None, "event": "e"}

    yield line("principal", "principal", invoice.amount, against="invoiced")
    if invoice.paid:
        yield line("paid", "principal", -invoice.paid, against="received")
    for number in range(1, step + 1):
        yield line("fee", "fee", Decimal("100.00"), number)
    if step and not is_open:
        yield line("collected", "fee", -100 * Decimal(step), against="received")


if __name__ == "__main__":
    db.use(sys.argv[1])
    fill(*map(int, sys.argv[2:5]))
