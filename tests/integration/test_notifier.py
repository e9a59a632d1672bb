"""Letters on both databases, through a real mail server: one of each, whatever happens at once."""

from collections.abc import Iterator
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Notice
from deploy.servers import free_port
from notifier import held, notices, store
from notifier.mailer import Mailer, Refused, Unknown
from tests.integration.racing import at_once
from tests.unit.notifier import office as o
from tests.unit.notifier.office import Office, letter, letters, said

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.fast]


class Inbox:
    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, Mailer]]:
    found = Inbox()
    port = free_port()
    controller = Controller(found, hostname="127.0.0.1", port=port, server_hostname="localhost")
    controller.start()
    mailer = Mailer(f"smtp://127.0.0.1:{port}", "Rykkerportalen <noreply@rykker.example>", 5)
    yield found, mailer
    mailer.close()
    controller.stop()


def test_a_reminder_reaches_the_debtor_with_the_stored_bytes(inbox: tuple[Inbox, Mailer]) -> None:
    found, mailer = inbox
    office = Office()
    office.post.send = mailer.send  # type: ignore[method-assign]
    o.company()
    o.reminded()

    office.hear(o.issued())
    office.hear_all(e.LetterPlanned)

    (mail,) = found.mails
    assert mail.rcpt_tos == ["grethe@holm.example"]
    assert mail.original_content == bytes(letter().content)
    assert letter().state == "sent"
    assert len(said(e.LetterSent)) == 1


def test_the_same_letter_in_six_threads_is_sent_once(inbox: tuple[Inbox, Mailer]) -> None:
    found, mailer = inbox
    o.company()
    o.reminded()
    Office().hear(o.issued())
    (planned,) = said(e.LetterPlanned)

    def work() -> None:
        office = Office()
        office.post.send = mailer.send  # type: ignore[method-assign]
        office.hear(planned)

    results = at_once(*[work] * 6)

    assert len(found.mails) == 1
    assert set(results) <= {None, AlreadyHandled, store.StillSending}
    assert results.count(None) == 1


def test_many_questions_at_once_and_the_end_of_the_fetch_leave_none_unasked() -> None:
    o.company()
    numbers = list(o.numbers(25))
    for number in numbers:
        o.procedure(number)

    asking = [lambda number=number: Office().hear(o.requested(number)) for number in numbers]
    results = at_once(*asking, lambda: Office().hear(o.finished(overdue=25)))
    due = said(e.NoticesDue)
    at_once(*[lambda event=event: Office().hear(event) for event in due])
    Office().hear_all(e.NoticesDue)

    assert set(results) == {None}
    assert letter().kind == "digest"
    with db.connection():
        assert {row.letter_id for row in Notice.select()} == {letter().id}


def test_two_workers_that_write_the_same_notices_write_each_once() -> None:
    o.company()
    for number in ("1", "2", "3"):
        o.procedure(number)
        Office().hear(o.requested(number))
    Office().hear(o.finished(overdue=3))

    due = said(e.NoticesDue)
    results = at_once(*[lambda event=event: Office().hear(event) for event in (*due, *due)])

    assert len(letters()) == len(said(e.LetterPlanned)) == 3
    assert set(results) <= {None, AlreadyHandled, notices.Overtaken}


def test_fetches_that_end_at_once_ask_a_refused_question_once_more() -> None:
    o.company()
    o.procedure("1")
    office = Office()
    office.hear(o.requested("1", "f-0"))
    office.hear(o.finished(overdue=1, fetch_id="f-0"))
    office.hear_all(e.NoticesDue)
    office.post.troubles = [Refused("550")]
    office.hear_all(e.LetterPlanned)

    fetches = [f"f-{number}" for number in range(1, 7)]
    ended = at_once(*[lambda name=name: Office().hear(o.finished(overdue=0, fetch_id=name)) for name in fetches])
    due = said(e.NoticesDue)
    at_once(*[lambda event=event: Office().hear(event) for event in due])
    office.hear_all(e.LetterPlanned)

    assert set(ended) == {None}
    assert sorted(row.state for row in letters()) == ["failed", "sent"]
    with db.connection():
        assert Notice.get().tries == 1


def test_a_release_and_a_discard_at_once_end_in_one_of_them() -> None:
    o.company()
    o.reminded()
    office = Office()
    office.hear(o.issued())
    office.post.troubles = [Unknown("cut")]
    office.hear_all(e.LetterPlanned)

    waiting = letter().id
    results = at_once(lambda: held.release(waiting, o.NOW), lambda: held.discard(waiting))

    assert sorted(results, key=str) == [held.NotHeld, None]
