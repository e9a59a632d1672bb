"""A question whose mail is refused is asked again with the next fetch, a bounded number of times, and never twice."""

from collections.abc import Iterable

import pytest

from common import db
from common import events as e
from common.tables import Company, Letter, Notice, Procedure
from notifier import refused
from notifier.mailer import Refused
from tests.unit.notifier import office as o
from tests.unit.notifier.office import Office, letters, said
from tests.unit.notifier.samples import CVR

NO = "550 no such user"
MENDED = "kontor@vvs.example"


@pytest.fixture(autouse=True)
def company(office: Office) -> None:
    o.company()


def asked(office: Office, numbers: Iterable[str], fetch_id: str = "f-0") -> None:
    numbers = list(numbers)
    for number in numbers:
        o.procedure(number, fetch_id=fetch_id)
        office.hear(o.requested(number, fetch_id))
    office.hear(o.finished(overdue=len(numbers), fetch_id=fetch_id))


def go_out(office: Office, refusals: int = 0) -> None:
    office.post.troubles = [Refused(NO)] * refusals
    office.hear_all(e.NoticesDue)
    office.hear_all(e.LetterPlanned)
    assert office.post.troubles == []


def fetched(office: Office, number: int) -> None:
    office.hear(o.finished(overdue=0, fetch_id=f"f-{number}"))


def mend() -> None:
    with db.transaction():
        Company.update(email=MENDED).execute()


def change_procedure(**fields: object) -> None:
    with db.transaction():
        Procedure.update(**fields).execute()


def states(kind: str = "notice") -> list[str]:
    return sorted(row.state for row in letters(kind=kind))


def test_a_refused_notice_goes_anew_with_the_next_fetch(office: Office) -> None:
    asked(office, "12")
    go_out(office, refusals=1)
    assert states() == ["failed", "sent"]

    fetched(office, 1)
    go_out(office)

    assert states() == ["failed", "sent", "sent"]
    assert {event.procedure_id for event in said(e.LetterSent)} == {"p-1", "p-2"}
    with db.connection():
        assert {row.letter_id for row in Notice.select()} == {row.id for row in letters(state="sent")}


def test_one_that_was_sent_is_not_asked_again(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)
    for number in (1, 2, 3):
        fetched(office, number)
        go_out(office)

    assert states() == ["failed", "sent"]
    assert len(office.post.taken) == 1


def test_one_that_came_back_is_asked_again_once_dunning_has_taken_the_day_back(office: Office) -> None:
    asked(office, "1")
    go_out(office)
    change_procedure(notified_on=o.NOW.date())
    with db.transaction():
        Letter.update(state="bounced").execute()

    fetched(office, 1)
    go_out(office)
    assert states() == ["bounced"]

    change_procedure(notified_on=None)
    fetched(office, 2)
    go_out(office)
    assert states() == ["bounced", "sent"]


def test_one_that_came_back_after_it_was_started_is_not_asked_again(office: Office) -> None:
    asked(office, "1")
    go_out(office)
    change_procedure(stage="running", notified_on=None)
    with db.transaction():
        Letter.update(state="bounced").execute()

    fetched(office, 1)
    go_out(office)

    assert states() == ["bounced"]


def test_a_fetch_that_failed_asks_again_as_well(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)

    office.hear(e.FetchFailed(company=CVR, fetch_id="f-1", reason="unavailable", key_no=1))
    go_out(office)

    assert states() == ["failed", "sent"]


def test_a_question_that_is_over_is_not_asked_again(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)
    change_procedure(stage="settled")

    fetched(office, 1)
    go_out(office)

    assert states() == ["failed"]


def test_a_refused_digest_is_a_digest_again(office: Office) -> None:
    asked(office, o.numbers(25))
    go_out(office, refusals=1)

    fetched(office, 1)
    go_out(office)

    assert states("digest") == ["failed", "sent"]
    assert len({event.procedure_id for event in said(e.LetterSent)}) == 25


def test_the_same_address_is_tried_so_often_and_no_more_and_another_one_at_once(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)
    for number in range(1, refused.MOST_TRIES + 4):
        fetched(office, number)
        go_out(office, refusals=1 if number <= refused.MOST_TRIES else 0)
    assert states() == ["failed"] * (1 + refused.MOST_TRIES)

    mend()
    fetched(office, 100)
    go_out(office)

    (sent,) = letters(state="sent")
    assert [recipient for recipient, _ in office.post.taken] == [sent.recipient] == [MENDED]
    assert [event.procedure_id for event in said(e.LetterSent)] == ["p-1"]


def test_another_address_that_refuses_too_has_its_own_tries(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)
    with db.transaction():
        Notice.update(tries=refused.MOST_TRIES).execute()
    mend()

    for number in (1, 2):
        fetched(office, number)
        go_out(office, refusals=1)

    assert len(letters(recipient=MENDED)) == 2


def test_two_fetches_that_end_at_once_ask_once(office: Office) -> None:
    asked(office, "1")
    go_out(office, refusals=1)

    fetched(office, 1)
    fetched(office, 2)
    go_out(office)

    assert states() == ["failed", "sent"]


def test_what_another_fetch_has_asked_meanwhile_is_left_alone(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    asked(office, "1")
    go_out(office, refusals=1)
    with db.connection():
        seen_before = refused.questions()
    fetched(office, 1)
    go_out(office)

    with monkeypatch.context() as late:
        late.setattr(refused, "questions", lambda *_: seen_before)
        fetched(office, 2)
    go_out(office)

    assert states() == ["failed", "sent"]


def test_a_refusal_is_an_error_in_the_log_without_an_address(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    lines: list[dict[str, object]] = []
    monkeypatch.setattr("notifier.handlers.log.error", lambda event, **more: lines.append({"event": event, **more}))
    asked(office, "1")

    go_out(office, refusals=1)

    (line,) = lines
    assert (line["company"], line["kind"], line["reason"]) == (CVR, "notice", NO)
    assert "@" not in str(line)
