"""Whether events are handled one by one or many in one transaction makes no difference."""

import random
import shutil
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any
from uuid import uuid5

import pytest

from common import clock, cloudevents, db, outbox, worker
from common import events as e
from common.tables import Company, FetchRun, LedgerLine, Outbox, Procedure
from dunning import handlers, store
from tests.unit.dunning.procedures import MONDAY, invoice, letter

LINES = {line.event.type: replace(line, together=store.read_ahead) for line in handlers.HANDLERS}
NUMBERS = ("1001", "1002", "1003", "1004")


def procedure_id(number: str, of_round: int = 1) -> str:
    return str(uuid5(e.NAMESPACE, f"12345674\n{number}\n{of_round}"))


def story(seed: int) -> list[e.Event]:
    """First every invoice is heard of; then anything may come, in runs of one kind, late and twice, too."""
    rng = random.Random(seed)
    heard: list[e.Event] = [
        e.InvoiceOverdue(company="12345674", invoice=invoice(number=n), fetch_id="f") for n in NUMBERS
    ]
    for _ in range(12):
        kind = rng.choice((_changed, _paid, _answered, _due, _checked, _sent, _failed))
        heard += [kind(rng, number) for number in rng.choices(NUMBERS, k=rng.randint(1, 6))]
        if rng.random() < 0.3:
            heard.append(heard[-1])
    return [event.identified("tests") for event in heard]


def _changed(rng: random.Random, number: str) -> e.Event:
    return e.InvoiceChanged(
        company="12345674", invoice=invoice(number=number, sequence=rng.randint(2, 6)), fetch_id="f"
    )


def _paid(rng: random.Random, number: str) -> e.Event:
    paid = invoice(number=number, status="paid", paid=invoice().amount, sequence=rng.randint(5, 9))
    return e.InvoicePaid(company="12345674", invoice=paid, fetch_id="f")


def _answered(rng: random.Random, number: str) -> e.Event:
    return e.DecisionMade(
        company="12345674",
        procedure_id=procedure_id(number),
        invoice_number=number,
        answer_no=rng.randint(1, 4),
        answered_at=MONDAY,
        choice=rng.choice(("start", "start", "stop")),
    )


def _due(rng: random.Random, number: str) -> e.Event:
    wake_no = rng.randint(1, 5)
    return e.ProcedureDue(company="12345674", procedure_id=procedure_id(number), invoice_number=number, wake_no=wake_no)


def _checked(rng: random.Random, number: str) -> e.Event:
    return e.InvoiceChecked(
        company="12345674",
        procedure_id=procedure_id(number),
        invoice_number=number,
        wake_no=rng.randint(1, 5),
        invoice=invoice(number=number, sequence=rng.randint(1, 4)),
    )


def _sent(_: random.Random, number: str) -> e.Event:
    sent: e.LetterSent = letter(e.LetterSent, sent_at=MONDAY)
    return replace(sent, procedure_id=procedure_id(number), invoice_number=number, letter_id=f"sent {number}")


def _failed(_: random.Random, number: str) -> e.Event:
    failed: e.LetterFailed = letter(e.LetterFailed, reason="550")
    return replace(failed, procedure_id=procedure_id(number), invoice_number=number, letter_id=f"failed {number}")


def messages(events: list[e.Event]) -> list[dict[str, str]]:
    return [{"body": cloudevents.to_wire(event, source="tests", time=MONDAY)} for event in events]


def alone(events: list[e.Event]) -> None:
    for event, message in zip(events, messages(events), strict=True):
        worker.handle(LINES[event.type], message)


def together(events: list[e.Event]) -> None:
    for kind, run in groupby(events, key=lambda event: event.type):
        given = messages(list(run))
        assert len(worker.handle_together(LINES[kind], "dunning", given)) == len(given)


def outcome() -> tuple[list[Any], list[Any], set[str]]:
    """The procedures, the ledger, and what was said; of the timers only those that still count."""
    with db.connection():
        procedures: Any = list(Procedure.select().order_by(Procedure.id).dicts())
        booked: Any = LedgerLine.select().dicts()
        lines = [{**row, "id": 0} for row in booked]
        said = {row.event_id for row in Outbox.select().where(Outbox.type != "procedure.due")}
        timers = {row.event_id for row in Outbox.select().where(Outbox.type == "procedure.due")}
    assert {store.timer(held(row)).identified("tests").id for row in procedures if row["wake_at"]} <= timers
    return procedures, sorted(lines, key=str), said


def held(row: dict[str, Any]) -> Any:
    with db.transaction():
        return store.lock(row["company"], row["invoice_number"], row["id"])


@pytest.mark.parametrize("seed", range(25))
def test_together_comes_to_the_same_as_one_by_one(
    seed: int, tmp_path: Path, empty_sqlite: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "business_now", lambda: MONDAY)
    events, came_to = story(seed), []
    for name, way in (("alone", alone), ("together", together)):
        db.use(f"sqlite:///{shutil.copy(empty_sqlite, tmp_path / name)}")
        outbox.sign_as("tests")
        with db.transaction():
            Company.create(cvr="12345674", name="Jensen VVS", email="jensen@vvs.example", created_at=MONDAY)
            FetchRun.create(fetch_id="f", company="12345674", state="finished", began_at=MONDAY)
        way(events)
        came_to.append(outcome())
    db.handle.close_all()

    assert came_to[0] == came_to[1]
    assert {row["invoice_number"] for row in came_to[0][0]} == set(NUMBERS)
