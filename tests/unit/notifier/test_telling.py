"""What happened becomes one letter each, to the right reader."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from email import message_from_bytes, policy
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Company
from tests.unit.notifier import office as o
from tests.unit.notifier.office import Office, letter, letters, of_procedure, said

DAY = date(2026, 3, 16)
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
        (e.FeesUnpaid, {"procedure_version": 9, "fees": Decimal(300)}, "fees_unpaid", (0, 9)),
        (e.ProcedureSettled, SETTLED | {"reason": "waived", "waived": Decimal(50)}, "settled", (0, 9)),
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


@pytest.mark.parametrize(
    ("event", "kind", "step", "pay_by"),
    [(lambda: o.noticed(pay_by=DAY), "collection_notice", 4, DAY), (o.asked_for_fees, "fee_reminder", 1, None)],
)
def test_the_debtor_is_warned_and_asked_for_fees(
    office: Office, event: Callable[[], e.Event], kind: str, step: int, pay_by: date | None
) -> None:
    office.hear(event())

    row = letter(kind=kind)
    assert (row.recipient, row.to_debtor, row.step, row.attempt) == ("grethe@holm.example", True, step, 0)
    assert (row.charges, row.pay_by) == (Decimal("300.00"), pay_by)


def test_interest_runs_to_the_last_day_that_was_asked_for_in_any_round(office: Office) -> None:
    o.earlier_round()
    line = {"account": "interest", "against": "charged"}
    o.ledger("interest", "4.00", step=0, attempt=1000, value_on=date(2026, 2, 20), **line)
    o.ledger("interest", "2.00", procedure_id="p-earlier", value_on=date(2026, 2, 26), **line)
    o.ledger("interest", "9.00", step=2, attempt=3, value_on=date(2026, 3, 1), **line)
    o.ledger("reversal", "-9.00", step=2, attempt=3, value_on=date(2026, 3, 1), **line)

    office.hear(o.noticed(interest=Decimal("6.00")))

    assert "Renter til og med den 26. februar 2026" in mail_of(letter())


def test_interest_of_which_no_day_is_known_is_asked_for_without_one(office: Office) -> None:
    office.hear(o.noticed(interest=Decimal("6.00")))

    assert "Renter (renteloven" in mail_of(letter())


def mail_of(row: Any) -> str:
    mail: Any = message_from_bytes(bytes(row.content), policy=policy.default)
    return str(mail.get_body(("plain",)).get_content()).replace("\N{NO-BREAK SPACE}", " ").replace("\r\n", "\n")


# --- what the debtor says --------------------------------------------------------------------------------------------
def objected(kind: Any, number: int = 1) -> e.Event:
    return of_procedure(e.ObjectionRaised, kind=kind, objection_no=number, raised_at=o.NOW)  # type: ignore[no-any-return]


def test_an_objection_is_told_in_the_debtor_s_words_and_in_none_of_his_tricks(office: Office) -> None:
    o.objection("dispute", words="Taget er ikke tæt.\r\nBcc: all@evil.example\x00\n" + "x" * 900, phone="20\n30")
    o.change(stage="paused", reason="disputed", objection_no=1)

    office.hear(objected("dispute"))

    row = letter(kind="objection")
    assert (row.recipient, row.to_debtor, row.attempt) == ("jensen@vvs.example", False, 1)
    said_of = mail_of(row)
    assert "Taget er ikke tæt.\nBcc: all@evil.example\nxxx" in said_of
    assert "x" * 900 in said_of
    assert "Telefon: 20 30" in said_of
    assert b"Bcc" not in bytes(row.content).split(b"\r\n\r\n")[0]


def test_each_objection_is_told_by_itself(office: Office) -> None:
    o.change(objection_no=2)
    for number, kind in ((1, "call"), (2, "withdraw")):
        o.objection(kind, number)
        office.hear(objected(kind, number))

    assert len(letters(kind="objection")) == 2


def test_a_word_of_a_payment_is_told_with_the_day_until_which_it_waits(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dunning hears it at the same moment; here it is the slower one."""
    o.objection("paid", paid_on=date(2026, 2, 27))
    pause = {"stage": "paused", "reason": "said_paid", "paused_until": date(2026, 3, 9), "objection_no": 1}
    monkeypatch.setattr("notifier.objections.sleep", lambda _: o.change(**pause))

    office.hear(objected("paid"))

    assert "på pause til mandag den 9. marts 2026" in mail_of(letter())


def test_an_objection_is_told_though_dunning_does_not_hear_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    o.objection("paid")
    waits: list[float] = []
    monkeypatch.setattr("notifier.objections.sleep", waits.append)

    office.hear(objected("paid"))

    assert "på pause i nogle bankdage" in mail_of(letter())
    assert sum(waits) == pytest.approx(2)


# --- waiting ---------------------------------------------------------------------------------------------------------
def waits(number: str, fetch_id: str | None = "f-1", reason: Any = "old") -> e.Event:
    return of_procedure(e.ProcedureHeld, number, procedure_version=4, reason=reason, fetch_id=fetch_id)  # type: ignore[no-any-return]


def test_a_thousand_procedures_that_wait_for_one_cause_make_one_mail(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    office.hear(waits("1042"))
    monkeypatch.setattr("notifier.writing.render", lambda _: pytest.fail("it was rendered again"))

    for number in ("1043", "1044"):
        with pytest.raises(AlreadyHandled):
            office.hear(waits(number, reason="failed"))

    row = letter(kind="held")
    assert (row.about, row.procedure_id, row.recipient) == ("12345674/f-1", None, "jensen@vvs.example")


def test_another_cause_is_told_anew(office: Office) -> None:
    office.hear(waits("1042"))
    office.hear(waits("1043", fetch_id="f-2"))
    office.hear(waits("1044", fetch_id=None))

    assert {row.about for row in letters(kind="held")} == {"12345674/f-1", "12345674/f-2", "12345674/never"}


# --- statements ------------------------------------------------------------------------------------------------------
def charged(amount: str, booked_on: date, **fields: Any) -> None:
    number = booked_on.toordinal()
    usual = {"step": 0, "attempt": number, "booked_on": booked_on, "account": "company", "against": "portal"}
    o.ledger("cost", amount, **(usual | fields))


def test_a_statement_has_the_lines_of_its_company_and_month(office: Office) -> None:
    o.change(step=2)
    charged("45.00", date(2026, 2, 1))
    charged("10.00", date(2026, 2, 28))
    charged("7.00", date(2026, 1, 31))
    charged("8.00", date(2026, 3, 1))
    charged("9.00", date(2026, 2, 3), company="87654321")
    charged("6.00", date(2026, 2, 4), account="fee")

    office.hear(e.StatementDue(company="12345674", month=date(2026, 2, 1)))

    row = letter(kind="statement")
    said_of = mail_of(row)
    assert row.about == "12345674/2026-02-01"
    assert "1. februar 2026: faktura 1042, 2 rykkere: 45,00 kr." in said_of
    assert "I alt med moms: 68,75 kr." in said_of


def test_a_month_without_a_charge_has_no_statement(office: Office) -> None:
    event = e.StatementDue(company="12345674", month=date(2026, 2, 1)).identified("tests")

    office.hear(event)

    assert letters() == []
    with pytest.raises(AlreadyHandled):
        office.hear(event)


# --- once ------------------------------------------------------------------------------------------------------------
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


def test_a_company_that_started_it_unasked_is_told_that_it_is_over_once_the_debtor_was_reminded(office: Office) -> None:
    o.change(notified_on=None, step=1)

    office.hear(of_procedure(e.ProcedureSettled, **SETTLED, reason="paid"))

    assert letter().kind == "settled"


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


# --- what came back --------------------------------------------------------------------------------------------------
def came_back(row: Any) -> e.Event:
    which = {"letter_id": row.id, "letter_version": 3, "kind": row.kind, "step": row.step}
    return of_procedure(e.LetterBounced, **which, reason="550 no such user", status="5.1.1")  # type: ignore[no-any-return]


def test_a_letter_that_came_back_is_told_to_the_company(office: Office) -> None:
    office.hear(o.issued())

    office.hear(came_back(letter()))

    told = letter(kind="letter_bounced")
    assert (told.recipient, told.step, told.to_debtor, told.procedure_id) == ("jensen@vvs.example", 1, False, "p-1042")


def test_two_letters_of_one_step_that_came_back_are_two_mails(office: Office) -> None:
    office.hear(o.issued())
    office.hear(o.asked_for_fees())

    for row in letters(to_debtor=True):
        office.hear(came_back(row))

    assert len(letters(kind="letter_bounced")) == 2


def test_nobody_is_told_of_a_letter_that_came_back_when_it_was_over(office: Office) -> None:
    office.hear(o.issued())
    o.change(stage="settled")

    with pytest.raises(AlreadyHandled):
        office.hear(came_back(letter()))

    assert letters(kind="letter_bounced") == []


def test_a_mail_to_the_company_that_came_back_is_an_error_in_the_log(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr("notifier.handlers.log.error", lambda event, **more: lines.append(more))
    office.hear(of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))

    event = came_back(letter()).identified("tests")
    office.hear(event)
    with pytest.raises(AlreadyHandled):
        office.hear(event)

    assert lines == [{"kind": "started", "reason": "550 no such user", "status": "5.1.1"}]
    assert [row.kind for row in letters()] == ["started"]
