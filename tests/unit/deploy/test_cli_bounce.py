"""`rykker bounce < mail`."""

import os
from dataclasses import replace

import pytest

from common import db
from common.settings import Settings
from common.tables import Letter
from notifier.verp import Envelopes
from tests.unit.deploy import example
from tests.unit.deploy.conftest import SECRET, Rykker, refusal, told
from tests.unit.notifier.test_bounces import report

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]
ADDRESS = "bounces@rykker.example"
LETTER = "1d2f9f36-93f0-5f0e-9f0a-2b6f6a5f3c33"
MAIL = report(Envelopes(replace(Settings(secret=SECRET), bounce_address=ADDRESS)).sender(LETTER)).decode()


@pytest.fixture
def filled(rykker: Rykker, tables: None, monkeypatch: pytest.MonkeyPatch) -> Rykker:
    monkeypatch.setenv("RYKKER_BOUNCE_ADDRESS", ADDRESS)
    rykker("status")
    example.fill()
    with db.transaction():
        Letter.update(id=LETTER).where(Letter.id == "l2").execute()
    return rykker


def test_a_mail_that_came_back_is_taken_for_its_letter(filled: Rykker) -> None:
    first, again = filled("bounce", typed=MAIL), filled("bounce", typed=MAIL)

    assert first.stdout.startswith(f"letter {LETTER} (reminder, 12345674) counts as bounced: 5.1.1 550")
    assert "was known not to have arrived" in again.stdout
    with db.connection():
        assert Letter.get_by_id(LETTER).state == "bounced"


def test_machines_are_told_the_same(filled: Rykker) -> None:
    outcome = told(filled("bounce", "--json", typed=MAIL))

    assert (outcome["letter_id"], outcome["is_new"], outcome["status"]) == (LETTER, True, "5.1.1")


def test_a_forged_report_is_refused_by_name(filled: Rykker) -> None:
    assert "No address of ours" in refusal(filled("bounce", typed=MAIL.replace("1d2f", "1d2e")), 2)


@pytest.mark.parametrize("mail", ["Subject: Hej\n\nHej", ""])
def test_a_mail_that_is_no_report_is_told_and_not_sent_back(filled: Rykker, mail: str) -> None:
    done = filled("bounce", typed=mail)

    assert (done.exit_code, "It is no report" in done.stdout) == (0, True)


def test_a_mail_about_a_letter_that_is_just_being_sent_is_to_be_handed_over_again(filled: Rykker) -> None:
    with db.transaction():
        Letter.update(state="sending").where(Letter.id == LETTER).execute()

    assert "being sent just now" in refusal(filled("bounce", typed=MAIL), os.EX_TEMPFAIL)


def test_no_mail_is_lost_while_the_database_or_a_setting_is_missing(
    filled: Rykker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RYKKER_BOUNCE_ADDRESS")
    assert "RYKKER_BOUNCE_ADDRESS" in refusal(filled("bounce", typed=MAIL), os.EX_TEMPFAIL)

    monkeypatch.setenv("RYKKER_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/nothing")
    assert "the database can't be reached" in refusal(filled("bounce", typed=MAIL), os.EX_TEMPFAIL)
