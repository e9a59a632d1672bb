"""`rykker letters`: what is held, and what a person decides."""

import pytest

from common import db
from common.tables import Letter, Outbox
from tests.unit.deploy import example
from tests.unit.deploy.conftest import Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]


@pytest.fixture
def filled(rykker: Rykker, tables: None) -> Rykker:
    rykker("status")  # follows the clock of the test
    example.fill()
    return rykker


def state(letter_id: str = "l2") -> tuple[str, str]:
    with db.connection():
        row = Letter.get_by_id(letter_id)
        return row.state, row.reason


def said(kind: str) -> int:
    with db.connection():
        return int(Outbox.select().where(Outbox.type == kind, Outbox.subject == "letter/l2").count())


def test_nothing_held_is_said(rykker: Rykker) -> None:
    assert rykker("letters", "held").stdout == "no letter is held\n"


def test_held_tells_why_to_whom_which_invoice_and_what_to_type(filled: Rykker) -> None:
    page = filled("letters", "held").stdout

    everything = "reminder 2; anna@holm.example; 10001 of company 12345674; it may have left; 2026-02-26"
    assert [words for words in everything.split("; ") if words not in page] == []
    assert "rykker letters resend l2" in page
    assert "rykker letters discard l2" in page


def test_resend_plans_the_letter_anew_and_says_that_it_would_be_withdrawn(filled: Rykker) -> None:
    report = told(filled("letters", "resend", "l2", "--json"))

    assert report == {"id": "l2", "state": "planned", "would_be_withdrawn": "stopped"}
    assert state() == ("planned", "released")
    assert said("letter.planned") == 1


def test_discard_withdraws_the_letter_and_says_so_to_dunning(filled: Rykker) -> None:
    filled("letters", "discard", "l2")

    assert state() == ("withdrawn", "discarded")
    assert said("letter.withdrawn") == 1


@pytest.mark.parametrize("command", ["resend", "discard"])
def test_a_letter_that_is_not_held_is_left_alone(filled: Rykker, command: str) -> None:
    assert "It is sent" in refusal(filled("letters", command, "l1"), 2)
    assert "'l9'" in refusal(filled("letters", command, "l9"), 2)

    assert state("l1")[0] == "sent"


@pytest.mark.parametrize("columns", [80, 120])
def test_the_page_fits_the_terminal(filled: Rykker, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    page = filled("letters", "held").stdout

    assert max(map(len, page.splitlines())) <= min(columns, 100)
