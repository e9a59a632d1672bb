"""What waits for a company: each kind appears when it does, and goes when it doesn't."""

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from common import db
from common.tables import Answer, ApiKey, Company, FetchRun, KeyTrial, Letter, LetterDecision, Procedure, SetAside
from decisions import tasks
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, stop_clock
from tests.unit.decisions.histories import History
from tests.unit.decisions.member import Member

DUE, FOUND, START, SILENCE = date(2026, 3, 2), date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 16)


@pytest.fixture
def company(database: str, tmp_path: Path) -> None:
    stop_clock(tmp_path)
    cases.company(api_key="x", api_key_no=1)


def asked(number: str = "1", cvr: str = CVR, **fields: Any) -> History:
    return History(number, DUE, FOUND, cvr, **fields).asked(FOUND)


def started(number: str = "1", **fields: Any) -> History:
    return asked(number, **fields).answered("start", START).reminded(START)


def counts(cvr: str = CVR) -> dict[str, int]:
    with db.connection():
        firm = Company.get_by_id(cvr)
        found = tasks.waiting(firm)
        assert tasks.count(firm) == len(found.counts)
    listed = {kind: len(items) for kind, items in found.items.items() if items and kind in found.counts}
    assert listed == {kind: min(n, 10) for kind, n in found.counts.items() if kind in found.items}
    return found.counts


pytestmark = pytest.mark.usefixtures("company")


def test_nothing_waits_at_first() -> None:
    assert counts() == {}


def test_an_invoice_waits_for_an_answer_until_it_is_said_though_nobody_has_heard_it() -> None:
    history = asked()
    assert counts() == {"waiting": 1}

    said = {"procedure_id": history.row.id, "company": CVR, "answer_no": 1, "choice": "stop"}
    with db.transaction():
        Answer.insert(said | {"answered_at": MONDAY}).execute()

    assert counts() == {}


def test_an_invoice_that_nobody_was_asked_about_waits_only_while_fetching_is_paused() -> None:
    with db.transaction():
        Company.update(paused=True).execute()
    History("1", DUE, FOUND)
    assert counts() == {"unasked": 1}

    with db.transaction():
        Company.update(paused=False).execute()

    assert counts() == {}


def test_a_dispute_waits_and_a_customer_who_says_that_he_has_paid() -> None:
    disputed, paid = started("1"), started("2")
    disputed.objected("dispute", START + timedelta(days=2))
    paid.objected("paid", START + timedelta(days=2))

    assert counts() == {"disputed": 1, "said_paid": 1}

    disputed.answered("resume", START + timedelta(days=3))
    assert counts() == {"said_paid": 1}


def test_a_debtor_without_an_address_and_a_letter_that_came_back() -> None:
    nobody = started("1").state.debtor
    no_address = History("2", DUE, FOUND, debtor=type(nobody)(customer_number="9", name="Bo Dam", email=None)).asked(
        FOUND
    )
    no_address.answered("start", START).rings(START)
    started("3").bounced(1, START + timedelta(days=1))

    assert counts() == {"no_address": 1, "undelivered": 1}


def test_fees_that_no_letter_can_bring_in_wait_for_the_companys_word() -> None:
    history = started().paid("1000.00", START + timedelta(days=3))
    assert counts() == {}
    for day in (date(2026, 4, 1), date(2026, 4, 15)):
        history.reminded(day)
        assert counts() == {}
    history.rings(date(2026, 5, 4))
    assert counts() == {"fees": 1}
    assert "Faktura 1 100,00 kr." in Member().text("/tasks")

    history.answered("cover", date(2026, 5, 2))

    assert counts() == {}


def test_a_case_that_is_ready_for_debt_collection_waits() -> None:
    history = started().reminded(date(2026, 3, 21)).reminded(date(2026, 4, 7)).rings(date(2026, 4, 22))

    assert counts() == {"escalated": 1}

    history.paid("1100.00", date(2026, 4, 23))
    assert "escalated" not in counts()


def test_a_letter_that_is_held_waits_until_somebody_has_said_what_becomes_of_it() -> None:
    history = started()
    with db.transaction():
        Letter.update(state="held", reason="renteloven § 9 b, stk. 2: a fee").where(Letter.to_debtor).execute()
        letter = Letter.get(Letter.to_debtor)
    assert counts() == {"held": 1}

    said = {"letter_id": letter.id, "decision_no": 1, "company": CVR, "choice": "discard", "by": "bog@holm.dk"}
    with db.transaction():
        LetterDecision.insert(said | {"decided_at": MONDAY}).execute()
    assert counts() == {}

    with db.transaction():
        Letter.update(decided_at=MONDAY + timedelta(hours=1)).where(Letter.id == letter.id).execute()
    assert counts() == {"held": 1}  # it was heard, and the letter is held again
    assert history.row.stage == "running"


def test_reminders_that_wait_for_a_fresh_fetch_are_said_once_it_has_been_told() -> None:
    history = started()
    with db.transaction():
        Procedure.update(held=1).execute()
    assert counts() == {}

    with db.transaction():
        Procedure.update(held=2).execute()

    assert counts() == {"not_fresh": 1}
    assert history.row.stage == "running"


def test_a_key_that_is_missing_tried_or_refused_waits() -> None:
    with db.transaction():
        ApiKey.insert(company=CVR, key_no=2, locked="", submitted_at=MONDAY, by="").execute()
    assert counts() == {"key": 1}
    assert state() == "trying"
    with db.transaction():
        KeyTrial.insert(company=CVR, key_no=2, state="refused", tried_at=MONDAY).execute()
    assert state() == "refused"
    with db.transaction():
        KeyTrial.update(state="foreign", cvr=OTHER_CVR).execute()
    assert (counts(), state()) == ({"key": 1}, "foreign")
    assert "hører til et andet CVR-nummer" in Member().text("/tasks")
    with db.transaction():
        ApiKey.delete().execute()
    assert counts() == {}

    with db.transaction():
        Company.update(api_key=None).execute()

    assert (counts(), state()) == ({"key": 1}, "none")


def state() -> str:
    with db.connection():
        found = tasks.waiting(Company.get_by_id(CVR)).key
    return found.state if found else ""


def run(fetch_id: str, at: Any, **fields: Any) -> None:
    with db.transaction():
        FetchRun.insert(fetch_id=fetch_id, company=CVR, began_at=at, ended_at=at, **fields).execute()


def test_a_key_that_the_last_fetch_found_refused_waits_until_one_succeeds_or_it_is_taken_anew() -> None:
    run("f1", MONDAY, state="failed", reason="key_refused")
    run("f2", MONDAY + timedelta(hours=1), state="running")
    assert counts() == {"key": 1}
    with db.transaction():
        later = MONDAY + timedelta(minutes=5)
        KeyTrial.insert(company=CVR, key_no=1, state="accepted", tried_at=later).execute()
    assert counts() == {}
    run("f3", MONDAY + timedelta(hours=2), state="failed", reason="key_refused")
    assert counts() == {"key": 1}

    run("f4", MONDAY + timedelta(hours=3), state="finished")

    assert counts() == {}


def test_payments_that_are_hardly_ever_marked_and_invoices_set_aside_wait() -> None:
    run("f1", MONDAY, state="finished", marks_paid=False)
    run("f2", MONDAY + timedelta(hours=1), state="failed")
    with db.transaction():
        SetAside.insert(company=CVR, number="9", reason="no due date", seen_at=MONDAY).execute()

    assert counts() == {"payments": 1, "set_aside": 1}

    run("f3", MONDAY + timedelta(hours=2), state="finished")
    assert counts() == {"set_aside": 1}


def test_a_mail_to_the_company_that_came_back_waits_until_another_one_arrives() -> None:
    asked()
    with db.transaction():
        Letter.update(state="bounced").execute()
    assert counts() == {"mail": 1, "waiting": 1}

    asked("2")

    with db.transaction():
        Letter.update(planned_at=MONDAY).where(Letter.state == "sent").execute()
    assert counts() == {"waiting": 2}


def test_nothing_of_another_company_waits() -> None:
    cases.company(OTHER_CVR, api_key="x", api_key_no=1)
    asked("1", OTHER_CVR)
    started("2").objected("dispute", SILENCE)

    assert counts() == {"disputed": 1}
    assert counts(OTHER_CVR) == {"waiting": 1}


# --- the page --------------------------------------------------------------------------------------------------------
def test_the_page_says_when_silence_starts_an_invoice_and_the_navigation_how_much_waits() -> None:
    asked("A/1")
    with db.transaction():
        Procedure.update(notified_on=date(2026, 11, 23), wake_at=MONDAY + timedelta(days=3)).execute()

    page, text = Member().get("/tasks"), Member().text("/tasks")

    assert "1 faktura venter på dit svar" in text
    assert "Ane Holm Faktura A/1 1.000,00 kr. Spurgt den 23. november 2026." in text
    assert "Uden svar begynder rykkerne torsdag den 26. november." in text
    assert 'href="/invoices/A%2F1"' in page.text
    assert "Opgaver 1 slags venter" in text


@pytest.mark.parametrize(
    "change",
    [
        {"silence": "stay"},
        {"smallest_amount": 2000_00},
        {"never_dunned": ["C-1"]},
    ],
)
def test_the_page_promises_no_start_that_the_company_has_ruled_out(change: dict[str, Any]) -> None:
    asked()
    with db.transaction():
        Company.update(change).execute()

    assert "Rykkerne begynder ikke, før du siger til." in Member().text("/tasks")


def test_the_page_promises_no_start_where_payments_are_not_marked() -> None:
    asked()
    run("f9", MONDAY, state="finished", marks_paid=False)

    assert "Rykkerne begynder ikke, før du siger til." in Member().text("/tasks")


def test_the_page_of_a_company_that_has_nothing_to_do_says_what_happens_by_itself() -> None:
    text = Member().text("/tasks")

    assert "Ingen opgaver" in text
    assert "Vi henter dine fakturaer hver dag" in text
    assert "slags venter" not in text


def test_what_a_debtor_is_called_is_shown_as_text() -> None:
    hostile = started().state.debtor
    History(
        "<b>", DUE, FOUND, debtor=type(hostile)(customer_number="9", name="<script>x</script>", email="a@b.dk")
    ).asked(FOUND)

    page = Member().get("/tasks").text

    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "/invoices/%3Cb%3E" in page


def test_more_than_ten_of_a_kind_are_counted_and_the_rest_is_behind_the_link() -> None:
    for number in range(12):
        asked(str(number))

    page = Member().get("/tasks").text

    assert "12 fakturaer venter på dit svar" in page
    assert page.count("Spurgt den") == 10
    assert "De ældste ti vises her." in page
    assert 'href="/invoices?show=awaiting_decision"' in page


def test_more_than_a_thousand_are_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "MOST", 2)
    for number in range(4):
        asked(str(number))

    with db.connection():
        assert tasks.waiting(Company.get_by_id(CVR)).counts == {"waiting": 3}


def test_the_page_takes_as_many_statements_for_much_as_for_little(monkeypatch: pytest.MonkeyPatch) -> None:
    asked()
    few = statements(monkeypatch)
    for number in range(2, 9):
        asked(str(number))
        started(f"s{number}").objected("dispute", SILENCE)

    assert statements(monkeypatch) == few <= 9


def statements(monkeypatch: pytest.MonkeyPatch) -> int:
    ran: list[object] = []
    run_it = db.handle.obj.execute_sql

    def counted(*given: object, **named: object) -> object:
        ran.append(given)
        return run_it(*given, **named)

    with db.connection(), monkeypatch.context() as watched:
        firm = Company.get_by_id(CVR)
        watched.setattr(db.handle.obj, "execute_sql", counted)
        tasks.waiting(firm)
    return len(ran)
