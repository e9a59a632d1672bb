"""`rykker letters`: what is held, and what a person decides."""

import pytest

from common import db
from common.tables import Letter, Outbox, Procedure, Restore
from tests.unit.deploy import example
from tests.unit.deploy.conftest import Rykker, refusal, told
from tests.unit.notifier.office import POLICY

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


def never_reminded() -> None:
    with db.transaction():
        Procedure.update(step=0, last_reminder_on=None, policy=POLICY).execute()


def test_nothing_held_is_said(rykker: Rykker) -> None:
    assert rykker("letters", "held").stdout == "no letter is held\n"


def test_held_tells_why_to_whom_which_invoice_and_what_to_type(filled: Rykker) -> None:
    page = filled("letters", "held").stdout

    everything = "reminder 2; anna@holm.example; 10001 of company 12345674; it may have left; 2026-02-26"
    assert [words for words in everything.split("; ") if words not in page] == []
    assert "rykker letters resend l2" in page
    assert "rykker letters sent l2 --on" in page
    assert "rykker letters discard l2" in page


def test_resend_plans_the_letter_anew_and_says_that_it_would_be_withdrawn(filled: Rykker) -> None:
    report = told(filled("letters", "resend", "l2", "--json"))

    assert report == {"id": "l2", "state": "planned", "would_be_withdrawn": "stopped"}
    assert state() == ("planned", "released")
    assert said("letter.planned") == 1


@pytest.mark.parametrize("since", ["0001-01-01", "0001-01-01T00:00+14:00", "9999-12-31T23:59-12:00", "999999d", "١d"])
def test_a_time_beyond_all_calendars_is_refused_by_name(rykker: Rykker, since: str) -> None:
    assert f"{since!r} is no time" in refusal(rykker("letters", "hold", "--since", since), 2)
    assert f"{since!r} is no time" in refusal(rykker("events", "replay", "--since", since, "--to", "dunning"), 2)


def test_discard_withdraws_the_letter_and_says_so_to_dunning(filled: Rykker) -> None:
    filled("letters", "discard", "l2")

    assert state() == ("withdrawn", "discarded")
    assert said("letter.withdrawn") == 1


@pytest.mark.parametrize("command", ["resend", "discard", "sent"])
def test_a_letter_that_is_not_held_is_left_alone(filled: Rykker, command: str) -> None:
    more = ("--on", "2026-03-02") if command == "sent" else ()
    assert "It is sent" in refusal(filled("letters", command, "l1", *more), 2)
    assert "'l9'" in refusal(filled("letters", command, "l9", *more), 2)

    assert state("l1")[0] == "sent"


def test_sent_makes_a_step_of_it_on_the_day_that_the_log_says(filled: Rykker) -> None:
    never_reminded()

    report = told(filled("letters", "sent", "l2", "--on", "2026-02-27", "--json"))

    assert report == {"id": "l2", "state": "sent", "on": "2026-02-27"}
    assert state() == ("sent", "a person's word")
    assert said("letter.sent") == 1


@pytest.mark.parametrize(
    ("day", "why"), [("yesterday", "no date"), ("2026-03-03", "from 2026-02-17"), ("2026-02-16", "from 2026-02-17")]
)
def test_sent_on_a_day_that_can_not_be_is_refused(filled: Rykker, day: str, why: str) -> None:
    never_reminded()

    assert why in refusal(filled("letters", "sent", "l2", "--on", day), 2)

    assert state()[0] == "held"


def test_hold_says_what_the_database_does_not_know(filled: Rykker) -> None:
    report = told(filled("letters", "hold", "--json"))

    assert report == {"since": "2026-03-02T07:00:00Z", "until": "2026-03-02T07:00:00Z", "procedures": 1}
    assert "2026-02-27 10:00" in filled("letters", "hold", "--since", "2026-02-27T10:00").stdout
    assert "yet to come" in refusal(filled("letters", "hold", "--since", "2026-03-03"), 2)
    with db.connection():
        assert Restore.select().count() == 2


@pytest.mark.parametrize("columns", [80, 120])
def test_the_page_fits_the_terminal(filled: Rykker, monkeypatch: pytest.MonkeyPatch, columns: int) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    page = filled("letters", "held").stdout

    assert max(map(len, page.splitlines())) <= min(columns, 100)
