"""Companies that were not asked are shown, wherever an operator looks."""

import pytest

from common import db
from common.tables import Letter, Notice, Procedure
from notifier.refused import MOST_TRIES
from tests.unit.deploy import example
from tests.unit.deploy.conftest import Rykker, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]
NO = "550 no such user"


@pytest.fixture
def filled(rykker: Rykker, tables: None) -> Rykker:
    """The example, whose one question was refused."""
    rykker("status")  # follows the clock of the test
    example.fill()
    with db.transaction():
        Procedure.update(stage="awaiting_decision", notified_on=None).execute()
        Notice.create(procedure_id="p1", company=example.CVR, fetch_id="f1", letter_id="l1")
        Letter.update(kind="notice", state="failed", reason=NO, recipient="kontor@jensen.example").where(
            Letter.id == "l1"
        ).execute()
    return rykker


def change(table: type[Notice | Procedure | Letter], **fields: object) -> None:
    with db.transaction():
        table.update(**fields).execute()


def test_everybody_asked_is_said(rykker: Rykker) -> None:
    assert rykker("letters", "refused").stdout == "every company was asked, or is being asked\n"
    assert told(rykker("status", "--json"))["not_asked"] == []


def test_refused_tells_whom_about_what_why_and_what_to_type(filled: Rykker) -> None:
    page = filled("letters", "refused").stdout

    everything = "Jensen VVS ApS; 10001; kontor@jensen.example; 550 no such user; next fetch"
    assert [words for words in everything.split("; ") if words not in page] == []
    assert f"rykker company set {example.CVR} email=" in page
    assert f"rykker fetch {example.CVR}" in page


def test_an_address_that_is_tried_no_more_is_said_to_be_until_it_is_another(filled: Rykker) -> None:
    change(Notice, tries=MOST_TRIES)
    assert told(filled("letters", "refused", "--json"))[0]["again"] is False

    filled("company", "set", example.CVR, "email=bogholder@jensen.example")

    assert told(filled("letters", "refused", "--json"))[0]["again"] is True


@pytest.mark.parametrize("over", [{"stage": "cancelled"}, {"notified_on": example.REMINDED.date()}])
def test_a_question_that_is_over_is_not_shown(filled: Rykker, over: dict[str, object]) -> None:
    change(Procedure, **over)

    assert told(filled("letters", "refused", "--json")) == []


def test_status_and_doctor_show_it(filled: Rykker) -> None:
    (shown,) = told(filled("status", "--json"))["not_asked"]
    assert (shown["company"], shown["invoices"], shown["reason"]) == (example.CVR, ["10001"], NO)
    assert "rykker letters refused" in filled("status").stdout

    found = filled("doctor")

    assert found.exit_code == 1
    assert f"mail is refused by {example.CVR}: nobody was asked about 1 invoices" in " ".join(found.stdout.split())
