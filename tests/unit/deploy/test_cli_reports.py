"""`rykker status` and `rykker invoice`: what they tell, for people and for machines."""

from decimal import Decimal
from typing import Any

import pytest

from common import clock, db, outbox
from common import events as e
from common.tables import FetchRun, LedgerLine, Outbox, SetAside
from tests.unit.deploy import example
from tests.unit.deploy.conftest import Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]


@pytest.fixture
def filled(rykker: Rykker, tables: None) -> Rykker:
    rykker("status")  # follows the clock of the test
    example.fill()
    return rykker


def test_status_of_an_empty_system_is_readable(rykker: Rykker) -> None:
    shown = rykker("status")

    assert shown.exit_code == 0
    assert "no answer: RabbitMQ at 127.0.0.1:9" in " ".join(shown.stdout.split())


def test_status_says_that_the_clock_stands_still(rykker: Rykker) -> None:
    assert "in Copenhagen, stopped" in " ".join(rykker("status").stdout.split())


def test_status_tells_of_companies_and_their_fetches(filled: Rykker) -> None:
    (company,) = told(filled("status", "--json"))["companies"]

    assert company["procedures"] == {"running": 1}
    assert company["next_fetch_at"] == "2026-03-03T05:00:00Z"
    assert company["last_fetch"]["state"] == "finished"
    assert company["last_fetch"]["set_aside"] == 1


def test_status_says_of_a_fetch_that_it_saw_far_fewer_invoices(filled: Rykker) -> None:
    before = filled("status").stdout
    with db.transaction():
        FetchRun.update(trusted=False).execute()

    page = filled("status").stdout

    assert told(filled("status", "--json"))["companies"][0]["last_fetch"]["trusted"] is False
    assert "far fewer invoices than before: not trusted" in page
    assert "far fewer" not in before


def test_status_says_of_a_fetch_that_it_saw_hardly_a_payment(filled: Rykker) -> None:
    before = " ".join(filled("status").stdout.split())
    with db.transaction():
        FetchRun.update(marks_paid=False).execute()

    assert told(filled("status", "--json"))["companies"][0]["last_fetch"]["marks_paid"] is False
    assert "nothing starts by itself" in " ".join(filled("status").stdout.split())
    assert "nothing starts by itself" not in before


def test_status_tells_of_trouble(filled: Rykker) -> None:
    status = told(filled("status", "--json"))

    assert [row["number"] for row in status["set_aside"]] == ["10003"]
    assert [row["id"] for row in status["held_letters"]] == ["l2"]
    assert status["letters"] == {"held": 1, "sent": 1}
    assert [(row["cause"], row["count"]) for row in status["failed_messages"]] == [("KeyError: 'x'", 2)]
    assert status["broker"]["answers"] is False


def test_status_tells_what_the_outbox_holds(filled: Rykker) -> None:
    status = told(filled("status", "--json"))

    assert status["outbox"] == {"later": 1, "overdue": 3, "oldest_overdue_seconds": 4 * 86400}
    assert status["clock"] == {"now": "2026-03-02T07:00:00Z", "business_date": "2026-03-02", "speed": 0.0}


@pytest.mark.parametrize("words", [("status",), ("invoice", example.CVR, "10001")])
def test_pages_fit_a_hundred_columns_and_cut_nothing(filled: Rykker, words: tuple[str, ...]) -> None:
    page = filled(*words).stdout

    assert max(map(len, page.splitlines())) <= 100
    assert "…" not in page


def test_status_shows_all_of_it_to_a_person(filled: Rykker) -> None:
    page = filled("status").stdout

    everything = "Jensen VVS ApS, 1 overdue, mange penge, anna@holm.example, KeyError, 3 late, 2026-03-03"
    assert [words for words in everything.split(", ") if words not in page] == []


def test_invoice_tells_stage_debtor_and_what_is_owed(filled: Rykker) -> None:
    life = told(filled("invoice", example.CVR, "10001", "--json"))

    assert life["in_words"] == "running: 1 of 3 reminders sent"
    assert life["next_at"] == "2026-03-08T07:00:00Z"
    assert (life["outstanding"], life["fees"]) == ("1250.00", "100.00")
    assert life["invoice"]["debtor"]["name"] == "Anna Holm"
    assert [line["amount"] for line in life["procedures"][0]["ledger"]] == ["100.00"]
    assert [answer["choice"] for answer in life["procedures"][0]["answers"]] == ["start"]
    assert [letter["state"] for letter in life["letters"]] == ["sent", "held"]


def test_invoice_tells_what_is_left_of_it_once_something_was_written_off(filled: Rykker) -> None:
    with db.transaction():
        row: Any = LedgerLine.select().dicts().get()
        off = {"kind": "waived", "account": "principal", "against": "lost", "amount": Decimal("-1000.00")}
        LedgerLine.insert({name: value for name, value in row.items() if name != "id"} | off).execute()

    assert told(filled("invoice", example.CVR, "10001", "--json"))["outstanding"] == "250.00"


def test_invoice_tells_its_own_history_in_order(filled: Rykker) -> None:
    with db.transaction():
        Outbox.update(published_at=clock.business_now()).where(Outbox.type == "invoice.overdue").execute()

    history = told(filled("invoice", example.CVR, "10001", "--json"))["history"]

    assert [said["type"] for said in history] == ["invoice.overdue", "letter.planned", "procedure.due"]
    assert history[0]["details"] == "status open, amount 1250.00, paid 0.00"
    assert [said["published_at"] is None for said in history] == [False, True, True]


def test_invoice_tells_of_a_digest_what_it_said_of_this_invoice_alone(filled: Rykker) -> None:
    for procedure_id in ("p1", "p2"):
        sent = e.LetterSent(
            company=example.CVR, letter_id="l1", letter_version=3, kind="digest", procedure_id=procedure_id,
            sent_at=example.REMINDED,
        )  # fmt: skip
        with db.transaction():
            outbox.add(sent, at=example.REMINDED)

    history = told(filled("invoice", example.CVR, "10001", "--json"))["history"]

    assert [said["type"] for said in history].count("letter.sent") == 1


def test_invoice_shows_all_of_it_to_a_person(filled: Rykker) -> None:
    page = filled("invoice", example.CVR, "10001").stdout

    everything = "1 of 3 reminders; 2026-03-08; Anna Holm; 1,250.00; § 9 b; held: it may have left; waiting"
    assert [words for words in everything.split("; ") if words not in page] == []


@pytest.mark.parametrize(("number", "words"), [("10002", "found, not asked"), ("10003", "could not be read")])
def test_invoice_without_a_procedure_says_why(filled: Rykker, number: str, words: str) -> None:
    assert words in filled("invoice", example.CVR, number).stdout


def test_invoice_that_is_in_dunning_and_set_aside_says_both(filled: Rykker) -> None:
    with db.transaction():
        SetAside.create(company=example.CVR, number="10001", reason="currency is 'EUR'", seen_at=example.MONDAY)

    life, page = told(filled("invoice", example.CVR, "10001", "--json")), filled("invoice", example.CVR, "10001").stdout

    assert (life["set_aside"], life["in_words"]) == ("currency is 'EUR'", "running: 1 of 3 reminders sent")
    assert "currency is 'EUR'" in page
    assert "currency is 'EUR'" in filled("status").stdout


def test_invoice_that_is_unknown_is_refused_by_name(filled: Rykker) -> None:
    assert "'99999'" in refusal(filled("invoice", example.CVR, "99999"), 2)
