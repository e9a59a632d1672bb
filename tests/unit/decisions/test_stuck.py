"""Letters that wait for a person: operators see them all, and their word is taken once."""

from datetime import timedelta
from typing import Any, get_args

import pytest

from common import db, outbox
from common import events as e
from common.tables import Letter, LetterDecision, Procedure
from decisions import held as words
from decisions import stuck
from decisions.seen import Overtaken
from decisions.words import Words
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, Visitor, company, letter, procedure, said
from tests.unit.decisions.member import Member, audited

HELD = "reminder-p-2041-1"


def held(state: str = "held", kind: str = "reminder", **fields: Any) -> str:
    letter(procedure("running"), kind, MONDAY - timedelta(days=2), step=1, state=state)
    letter_id = f"{kind}-p-2041-1"
    change(letter_id, **{"reason": "ingen ved det"} | fields)
    return letter_id


def change(letter_id: str, **fields: Any) -> None:
    with db.transaction():
        Letter.update(fields).where(Letter.id == letter_id).execute()


def decisions() -> list[tuple[str, int, str, Any, str]]:
    with db.connection():
        rows = LetterDecision.select().order_by(LetterDecision.decision_no)
        return [(row.letter_id, row.decision_no, row.choice, row.sent_on, row.by) for row in rows]


def test_held_letters_of_all_companies_are_listed_without_the_debtors_address(visitor: Visitor) -> None:
    held()

    text = Member(None).text("/operator/letters")

    assert "Tilbageholdt 1" in text
    assert "Rykker om faktura 2041 Murermester <Holm> & Søn …@orsted.dk ingen ved det" in text
    assert "anne@" not in text


def test_of_a_debtors_address_a_mail_servers_words_say_no_more_either(visitor: Visitor) -> None:
    letter_id = held("bounced", reason="550 5.1.1 <anne.b@orsted.dk>: unknown; anne.b@orsted.dk is not here")
    operator = Member(None)

    texts = [
        operator.text(path) for path in ("/operator/letters?state=refused", f"/operator/letters/{CVR}/{letter_id}")
    ]

    assert all("550 5.1.1 <…@orsted.dk>: unknown; …@orsted.dk is not here" in text for text in texts)
    assert not any("anne" in text for text in texts)


def test_refused_letters_are_listed_by_themselves_with_what_can_be_done(visitor: Visitor) -> None:
    bounced = held("bounced", reason="550 findes ikke")
    operator = Member(None)

    assert "Ingen breve er holdt tilbage" in operator.text("/operator/letters")
    assert "550 findes ikke" in operator.text("/operator/letters?state=refused")
    assert "rettet kundens e-mail i Ordrestyring" in operator.text(f"/operator/letters/{CVR}/{bounced}")
    with db.transaction():
        Procedure.update(stage="settled").execute()
    assert "Sagen er afsluttet, så der er intet" in operator.text(f"/operator/letters/{CVR}/{bounced}")


def test_a_letter_says_since_when_it_is_held(visitor: Visitor) -> None:
    held()
    event = e.LetterHeld(company=CVR, letter_id=HELD, letter_version=1, kind="reminder")
    with db.transaction():
        outbox.add(event)

    assert "Siden 23. november 2026 kl. 11.00" in Member(None).text(f"/operator/letters/{CVR}/{HELD}")


def test_pages_beyond_the_last_and_letters_that_are_fine_are_not_there(visitor: Visitor) -> None:
    fine = held("sent")
    operator = Member(None)

    paths = ["?page=2", "?page=0", "?page=x", "?state=sent", f"/{CVR}/{fine}", f"/{CVR}/none", f"/{OTHER_CVR}/{HELD}"]

    assert [operator.get(f"/operator/letters{path}").status_code for path in paths] == [404] * len(paths)


@pytest.mark.parametrize("choice", ["resend", "sent", "discard"])
def test_a_word_is_written_down_and_said_once(visitor: Visitor, choice: str) -> None:
    held()
    operator = Member(None)
    fields = {"choice": choice, "sent_on": "2026-11-22", "seen": "0"}

    first = operator.post(f"/operator/letters/{CVR}/{HELD}", **fields)
    second = operator.post(f"/operator/letters/{CVR}/{HELD}", **fields)

    assert (first.status_code, second.status_code) == (303, 303)  # a repeat is a success
    assert [(one[1], one[2], one[4]) for one in decisions()] == [(1, choice, operator.email)]
    (event,) = said()
    event = event["data"]
    assert event["letter_id"] == HELD
    assert (event["choice"], event["decision_no"]) == (choice, 1)
    assert event["sent_on"] == ("2026-11-22" if choice == "sent" else None)
    assert (operator.email, "did letter", f"{CVR}/{HELD}/{choice}") in audited()
    assert "udført inden for få sekunder" in operator.text(f"/operator/letters/{CVR}/{HELD}")


@pytest.mark.parametrize("day", ["", "x", "2026-11-20", "2026-11-24"])
def test_a_day_on_which_it_can_not_have_left_is_asked_for_again(visitor: Visitor, day: str) -> None:
    held()

    response = Member(None).post(f"/operator/letters/{CVR}/{HELD}", choice="sent", sent_on=day, seen="0")

    assert response.status_code == 422
    assert "Vælg den dag, brevet blev sendt" in response.text
    assert decisions() == []


def test_a_letter_that_still_waits_after_a_word_can_get_another_one(visitor: Visitor) -> None:
    held()
    operator = Member(None)
    operator.post(f"/operator/letters/{CVR}/{HELD}", choice="sent", sent_on="2026-11-22", seen="0")
    change(HELD, decision_no=1, outcome="not_that_day 2026-11-23 2026-11-23")

    text = operator.text(f"/operator/letters/{CVR}/{HELD}")
    response = operator.post(f"/operator/letters/{CVR}/{HELD}", choice="resend", seen="1")

    assert "fra 2026-11-23 til 2026-11-23" in text
    assert response.status_code == 303
    assert [one[1:3] for one in decisions()] == [(1, "sent"), (2, "resend")]


def test_a_letter_that_is_not_held_any_more_takes_no_word(visitor: Visitor) -> None:
    held("sent")

    assert Member(None).post(f"/operator/letters/{CVR}/{HELD}", choice="discard", seen="0").status_code == 409
    assert decisions() == []


def test_a_form_that_no_page_of_ours_has_is_refused(visitor: Visitor) -> None:
    held()

    assert Member(None).post(f"/operator/letters/{CVR}/{HELD}", choice="burn", seen="0").status_code == 400
    assert Member(None).post(f"/operator/letters/{CVR}/{HELD}", choice="resend", seen="x").status_code == 400


def test_a_letter_is_found_under_its_own_company_alone(visitor: Visitor) -> None:
    held()
    company(OTHER_CVR)
    operator = Member(None)

    shown = operator.get(f"/operator/letters/{OTHER_CVR}/{HELD}")
    response = operator.post(f"/operator/letters/{OTHER_CVR}/{HELD}", choice="discard", seen="0")

    assert (shown.status_code, response.status_code, decisions()) == (404, 404, [])


def test_who_was_shown_the_letter_before_another_ones_word_is_told(visitor: Visitor) -> None:
    held()
    words.decide(CVR, HELD, "discard", None, MONDAY, "bog@holm.dk", 0)

    response = Member(None).post(f"/operator/letters/{CVR}/{HELD}", choice="resend", seen="0")

    assert response.status_code == 409
    assert [one[2] for one in decisions()] == ["discard"]


def test_letters_and_words_on_them_are_the_same_on_both_databases(database: str) -> None:
    company()
    held()
    with db.connection():
        before = stuck.counts(), [one.is_decided for one in stuck.listed("held", 1)]

    words.decide(CVR, HELD, "resend", None, MONDAY, "x", 0)
    with pytest.raises(Overtaken):
        words.decide(CVR, HELD, "discard", None, MONDAY, "x", 0)

    with db.connection():
        after = stuck.counts(), [one.is_decided for one in stuck.listed("held", 1)]
    assert before == ({"held": 1, "refused": 0}, [False])
    assert after == ({"held": 1, "refused": 0}, [True])
    assert len(said()) == 1


def test_every_kind_of_letter_has_a_name() -> None:
    assert all(
        Words(language).has(f"letter_kind.{kind}") for language in ("da", "en") for kind in get_args(e.LetterKind)
    )
