"""What the portal says of a letter that is held: done if it still can be, and told either way."""

from datetime import date, timedelta
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Letter
from notifier.handlers import on_letter_decision_made, on_objection_raised
from tests.unit.notifier import office as o
from tests.unit.notifier.office import NOW, Office, issued, letter, objection, reminded, said
from tests.unit.notifier.samples import CVR
from tests.unit.notifier.test_last_look import TODAY, hold

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def rows(office: Office) -> None:
    o.company()


@pytest.fixture
def held(office: Office) -> Letter:
    reminded()
    office.hear(issued())
    hold(office)
    return letter()


def word(choice: Any, number: int = 1, sent_on: date | None = None, letter_id: str = "") -> Any:
    made = e.LetterDecisionMade(
        company=CVR,
        letter_id=letter_id or letter().id,
        decision_no=number,
        choice=choice,
        sent_on=sent_on,
        decided_at=NOW,
    )
    return made.identified("tests")


@pytest.mark.parametrize(
    ("choice", "sent_on", "state", "event"),
    [
        ("resend", None, "planned", e.LetterPlanned),
        ("discard", None, "withdrawn", e.LetterWithdrawn),
        ("sent", TODAY, "sent", e.LetterSent),
    ],
)
def test_a_word_on_a_held_letter_is_done(held: Letter, choice: str, sent_on: Any, state: str, event: Any) -> None:
    before = len(said(event))

    on_letter_decision_made(word(choice, sent_on=sent_on), NOW)

    assert (letter().state, letter().decision_no, letter().outcome) == (state, 1, "done")
    assert len(said(event)) == before + 1


def test_the_same_word_twice_is_done_once(held: Letter) -> None:
    on_letter_decision_made(word("discard"), NOW)

    with pytest.raises(AlreadyHandled):
        on_letter_decision_made(word("discard"), NOW)

    assert len(said(e.LetterWithdrawn)) == 1


def test_a_letter_that_is_held_no_more_is_left_alone_and_that_is_said(held: Letter) -> None:
    on_letter_decision_made(word("discard"), NOW)

    on_letter_decision_made(word("resend", 2), NOW)

    assert (letter().state, letter().decision_no, letter().outcome) == ("withdrawn", 2, "not_held")


def test_a_day_on_which_it_can_not_have_left_is_said_and_the_letter_still_waits(held: Letter) -> None:
    on_letter_decision_made(word("sent", sent_on=TODAY + DAY), NOW)

    assert letter().state == "held"
    assert letter().outcome.split()[0] == "not_that_day"
    assert len(letter().outcome.split()) == 3
    on_letter_decision_made(word("sent", 2, sent_on=TODAY), NOW)
    assert (letter().state, letter().outcome) == ("sent", "done")


def test_an_older_word_that_comes_late_does_nothing(held: Letter) -> None:
    on_letter_decision_made(word("sent", 2, sent_on=TODAY + DAY), NOW)

    with pytest.raises(AlreadyHandled):
        on_letter_decision_made(word("discard", 1), NOW)

    assert letter().state == "held"


def test_a_word_on_a_letter_that_is_not_there_is_no_poison(held: Letter) -> None:
    with pytest.raises(AlreadyHandled):
        on_letter_decision_made(word("discard", letter_id="nowhere"), NOW)


def test_the_company_gets_no_mail_about_what_it_wrote_down_itself(office: Office) -> None:
    reminded()
    objection("dispute", words="x")
    raised: Any = e.ObjectionRaised(
        company=CVR,
        procedure_id="p-1042",
        invoice_number="1042",
        objection_no=1,
        kind="dispute",
        raised_at=NOW,
        by="company",
    )

    with pytest.raises(AlreadyHandled):
        on_objection_raised(raised.identified("tests"), NOW, None)  # type: ignore[arg-type]  # nothing is written

    with db.connection():
        assert Letter.select().count() == 0
