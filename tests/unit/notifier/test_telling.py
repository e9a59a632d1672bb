"""What happened becomes one letter each, to the right reader."""

from decimal import Decimal
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Company
from tests.unit.notifier import office as o
from tests.unit.notifier.office import Office, letter, letters, of_procedure, said

SETTLED = {"procedure_version": 9, "covered": Decimal("0.00")}


@pytest.fixture(autouse=True)
def rows(office: Office) -> None:
    o.company()
    o.reminded()


@pytest.mark.parametrize(
    ("kind", "fields", "letter_kind", "key"),
    [
        (e.ProcedureStarted, {"procedure_version": 4, "by": "silence"}, "started", (0, 4)),
        (e.DebtorUnreachable, {"procedure_version": 4, "step": 2, "attempt": 1}, "debtor_unreachable", (2, 1)),
        (e.ProcedureCollectingFees, {"procedure_version": 8, "fees": Decimal(100)}, "fees_open", (0, 8)),
        (e.ProcedureSettled, SETTLED | {"reason": "paid"}, "settled", (0, 9)),
        (e.ProcedureSettled, SETTLED | {"reason": "credited"}, "settled", (0, 9)),
        (
            e.ProcedureEscalated,
            {"procedure_version": 9, "outstanding": Decimal(1250), "fees": Decimal(300)},
            "escalated",
            (0, 9),
        ),
    ],
)
def test_the_company_is_told(office: Office, kind: Any, fields: Any, letter_kind: str, key: tuple[int, int]) -> None:
    office.hear(of_procedure(kind, **fields))

    row = letter()
    assert (row.kind, row.recipient, row.to_debtor) == (letter_kind, "jensen@vvs.example", False)
    assert (row.about, row.procedure_id) == ("p-1042", "p-1042")
    assert (row.step, row.attempt) == key
    assert "1042" in row.subject
    assert [event.letter_id for event in said(e.LetterPlanned)] == [row.id]


def test_the_debtor_is_reminded(office: Office) -> None:
    office.hear(o.issued(step=1, attempt=2))

    row = letter(kind="reminder")
    assert (row.recipient, row.to_debtor, row.step, row.attempt) == ("grethe@holm.example", True, 1, 2)
    assert row.outstanding == Decimal("1250.00")
    assert (row.state, row.try_at) == ("planned", o.NOW)


def test_an_event_that_comes_twice_makes_one_letter(office: Office) -> None:
    office.hear(o.issued())
    with pytest.raises(AlreadyHandled):
        office.hear(o.issued())

    assert len(letters()) == len(said(e.LetterPlanned)) == 1


def test_the_same_letter_is_planned_once_whatever_asks_for_it(office: Office) -> None:
    for version in (4, 6):
        event = of_procedure(e.DebtorUnreachable, procedure_version=version, step=1, attempt=0)
        if version == 4:
            office.hear(event)
        else:
            with pytest.raises(AlreadyHandled):
                office.hear(event)

    assert len(letters()) == len(said(e.LetterPlanned)) == 1


def test_a_company_that_was_never_asked_is_not_told_that_it_is_over(office: Office) -> None:
    o.change(notified_on=None)

    with pytest.raises(AlreadyHandled):
        office.hear(of_procedure(e.ProcedureSettled, **SETTLED, reason="paid"))

    assert letters() == []


def test_letters_are_in_the_company_s_language(office: Office) -> None:
    with db.transaction():
        Company.update(language="en").execute()

    office.hear(o.issued())

    assert letter().subject == "Reminder 1: invoice 1042 from Jensen VVS ApS"
    assert b"Content-Language: en" in bytes(letter().content)


def failed(row: Any) -> e.Event:
    which = {"letter_id": row.id, "letter_version": 1, "kind": row.kind, "step": row.step}
    return of_procedure(e.LetterFailed, **which, reason="550 no")  # type: ignore[no-any-return]


def test_a_reminder_that_failed_is_told_to_the_company(office: Office) -> None:
    office.hear(o.issued())

    office.hear(failed(letter()))

    told = letter(kind="letter_failed")
    assert (told.recipient, told.step, told.to_debtor) == ("jensen@vvs.example", 1, False)


def test_a_failed_mail_to_the_company_is_told_to_nobody(office: Office) -> None:
    office.hear(of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))

    with pytest.raises(AlreadyHandled):
        office.hear(failed(letter()))

    assert [row.kind for row in letters()] == ["started"]
