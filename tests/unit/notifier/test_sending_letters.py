"""From planned to sent, and everything that can come between."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import clock, db
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Letter
from notifier import held, sending, store
from notifier.mailer import Away, Mailer, Refused, Unknown
from tests.unit.notifier import office as o
from tests.unit.notifier.office import NOW, Office, due_at, letter, of_procedure, said

AWAY = Away("451 try later")


@pytest.fixture(autouse=True)
def rows(office: Office) -> None:
    o.company()
    o.reminded()


@pytest.fixture
def reminder(office: Office) -> e.LetterPlanned:
    office.hear(o.issued())
    return planned()


@pytest.fixture
def mail(office: Office) -> e.LetterPlanned:
    """To the company."""
    office.hear(of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))
    return planned()


def planned() -> e.LetterPlanned:
    event: e.LetterPlanned = said(e.LetterPlanned)[-1]
    return event


def crash_while_sending(office: Office, event: e.Event) -> None:
    office.post.troubles = [KeyboardInterrupt()]  # type: ignore[list-item]
    with pytest.raises(KeyboardInterrupt):
        office.hear(event)


def test_a_reminder_is_sent_and_said_to_be(office: Office, reminder: e.LetterPlanned) -> None:
    office.hear(reminder)

    row, (sent,) = letter(), said(e.LetterSent)
    assert office.post.taken == [("grethe@holm.example", bytes(row.content))]
    assert (row.state, row.try_at, row.leased_until) == ("sent", None, None)
    assert (sent.kind, sent.procedure_id, sent.invoice_number) == ("reminder", "p-1042", "1042")
    assert (sent.step, sent.attempt, sent.sent_at) == (1, 0, row.sent_at)


def test_the_same_message_twice_sends_once(office: Office, reminder: e.LetterPlanned) -> None:
    office.hear(reminder)
    with pytest.raises(AlreadyHandled):
        office.hear(reminder)
    with pytest.raises(AlreadyHandled):
        office.hear(e.LetterPlanned(company=reminder.company, letter_id=letter().id, kind="reminder", attempt=77))

    assert len(office.post.taken) == 1


def test_a_letter_that_came_back_is_not_sent_again(office: Office, reminder: e.LetterPlanned) -> None:
    office.hear(reminder)
    with db.transaction():
        Letter.update(state="bounced").execute()

    with pytest.raises(AlreadyHandled):
        office.hear(e.LetterPlanned(company=reminder.company, letter_id=letter().id, kind="reminder", attempt=77))

    assert len(office.post.taken) == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"stage": "cancelled"}, "stopped"),
        ({"stage": "paused"}, "stopped"),
        ({"pending": False}, "stopped"),
        ({"attempt": 1}, "stopped"),
        ({"stage": "settled"}, "paid"),
        ({"stage": "collecting_fees"}, "paid"),
        ({"debtor_email": "other@holm.example"}, "changed"),
        ({"looked_at": NOW - timedelta(hours=25)}, "stale"),
        ({"looked_at": None}, "stale"),
        ({"looked_at": NOW + timedelta(days=1)}, "stale"),
    ],
)
def test_a_reminder_that_must_not_go_is_withdrawn(
    office: Office, reminder: e.LetterPlanned, change: dict[str, Any], reason: str
) -> None:
    o.change(**change)

    office.hear(reminder)

    (withdrawn,) = said(e.LetterWithdrawn)
    assert (withdrawn.reason, withdrawn.step, withdrawn.procedure_id) == (reason, 1, "p-1042")
    assert (letter().state, letter().try_at, office.post.taken) == ("withdrawn", None, [])
    with pytest.raises(AlreadyHandled):
        office.hear(reminder)


@pytest.mark.parametrize(("outstanding", "reason"), [("0.00", "paid"), ("600.00", "changed")])
def test_a_payment_that_dunning_has_not_heard_of_counts(
    office: Office, reminder: e.LetterPlanned, outstanding: str, reason: str
) -> None:
    o.invoice(outstanding=outstanding)

    office.hear(reminder)

    assert said(e.LetterWithdrawn)[0].reason == reason


@pytest.mark.parametrize(
    ("answers", "state"), [(("stop",), "withdrawn"), (("stop", "start"), "sent"), (("start",), "sent")]
)
def test_a_stop_that_dunning_has_not_heard_of_counts(
    office: Office, reminder: e.LetterPlanned, answers: tuple[str, ...], state: str
) -> None:
    for number, choice in enumerate(answers, 1):
        o.answer(choice, number)
    o.answer("cover", 9)

    office.hear(reminder)

    assert letter().state == state


def test_a_reminder_whose_fee_is_reversed_does_not_go(office: Office, reminder: e.LetterPlanned) -> None:
    o.ledger("reversal", "-100.00")

    office.hear(reminder)

    assert said(e.LetterWithdrawn)[0].reason == "stopped"


def test_a_mail_to_the_company_goes_whatever_became_of_the_procedure(office: Office, mail: e.LetterPlanned) -> None:
    o.change(stage="cancelled", looked_at=None)

    office.hear(mail)

    assert letter().state == "sent"


def test_a_server_that_is_away_is_tried_again_later_with_the_same_bytes(office: Office, mail: e.LetterPlanned) -> None:
    content = bytes(letter().content)
    office.post.troubles = [AWAY, AWAY]

    office.hear(mail)
    first = planned()
    office.hear(first)

    row = letter()
    assert (row.state, row.tries, row.reason) == ("planned", 2, "451 try later")
    waits = [at - clock.business_now() for at in due_at(e.LetterPlanned)[1:]]
    assert [round(wait.total_seconds() / 60) for wait in waits] == [1, 2]
    assert row.try_at == due_at(e.LetterPlanned)[-1]

    office.hear(planned())
    assert [bytes(letter().content), office.post.taken[0][1]] == [content, content]
    assert len({event.id for event in said(e.LetterPlanned)}) == 3


def test_after_five_days_away_it_has_failed(office: Office, mail: e.LetterPlanned) -> None:
    with db.transaction():
        Letter.update(tries=sending.MOST_TRIES - 1).execute()
    office.post.troubles = [AWAY]

    office.hear(mail)

    assert letter().state == "failed"
    assert [event.reason for event in said(e.LetterFailed)] == ["451 try later"]


def test_a_refusal_is_final(office: Office, reminder: e.LetterPlanned) -> None:
    office.post.troubles = [Refused("550 no such user")]

    office.hear(reminder)

    (failed,) = said(e.LetterFailed)
    assert (failed.reason, failed.kind, failed.step) == ("550 no such user", "reminder", 1)
    assert (letter().state, letter().try_at, len(said(e.LetterPlanned))) == ("failed", None, 1)


def test_without_an_answer_a_reminder_is_held_and_a_mail_to_the_company_goes_again(
    office: Office, reminder: e.LetterPlanned
) -> None:
    office.hear(of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))
    office.post.troubles = [Unknown("cut"), Unknown("cut")]

    office.hear(reminder)
    office.hear(planned())

    assert letter(kind="reminder").state == "held"
    assert letter(kind="started").state == "planned"
    assert [event.kind for event in said(e.LetterHeld)] == ["reminder"]


def test_a_live_lease_is_respected(office: Office, reminder: e.LetterPlanned) -> None:
    crash_while_sending(office, reminder)

    with pytest.raises(store.StillSending):
        office.hear(reminder)

    assert letter().state == "sending"
    assert letter().try_at >= NOW + timedelta(minutes=6)
    assert said(e.LetterHeld) == []


def test_a_reminder_whose_lease_ran_out_is_held(office: Office, reminder: e.LetterPlanned) -> None:
    crash_while_sending(office, reminder)
    o.let_lease_run_out()

    office.hear(reminder)

    assert (letter().state, office.post.taken) == ("held", [])
    assert len(said(e.LetterHeld)) == 1
    with pytest.raises(AlreadyHandled):
        office.hear(e.LetterPlanned(company=reminder.company, letter_id=letter().id, kind="reminder", attempt=99))


def test_a_mail_to_the_company_whose_lease_ran_out_is_sent_again(office: Office, mail: e.LetterPlanned) -> None:
    crash_while_sending(office, mail)
    o.let_lease_run_out()

    office.hear(mail)

    assert letter().state == "sent"
    assert office.post.taken == [("jensen@vvs.example", bytes(letter().content))]


def test_a_worker_that_wakes_after_its_lease_says_what_happened(office: Office, reminder: e.LetterPlanned) -> None:
    def slow(recipient: str, content: bytes, bounces_to: str) -> None:
        o.let_lease_run_out()
        other = e.LetterPlanned(company=reminder.company, letter_id=letter().id, kind="reminder", attempt=99)
        Office().hear(other)
        assert letter().state == "held"

    office.post.send = slow  # type: ignore[method-assign]
    office.hear(reminder)

    assert letter().state == "sent"
    assert len(said(e.LetterSent)) == 1


def test_two_at_once_send_one_mail(office: Office, reminder: e.LetterPlanned) -> None:
    gate = threading.Event()
    said_of: list[type[Exception]] = []

    def slow(recipient: str, content: bytes, bounces_to: str) -> None:
        gate.wait(5)
        office.post.taken.append((recipient, content))

    def work() -> None:
        try:
            Office(post).hear(reminder)
        except Exception as error:  # noqa: BLE001 - the error is the result
            said_of.append(type(error))
            gate.set()

    post = o.Post()
    post.send = slow  # type: ignore[method-assign]
    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said_of == [store.StillSending]
    assert (len(office.post.taken), letter().state) == (1, "sent")


class TestHeld:
    @pytest.fixture(autouse=True)
    def doubt(self, office: Office, reminder: e.LetterPlanned) -> None:
        office.post.troubles = [Unknown("cut")]
        office.hear(reminder)

    def test_a_released_letter_is_sent_the_very_same(self, office: Office) -> None:
        held.release(letter().id, NOW)
        office.hear(planned())

        assert letter().state == "sent"
        assert office.post.taken == [("grethe@holm.example", bytes(letter().content))]

    def test_a_letter_may_be_held_and_released_twice(self, office: Office) -> None:
        held.release(letter().id, NOW)
        office.post.troubles = [Unknown("cut")]
        office.hear(planned())
        held.release(letter().id, NOW)
        office.hear(planned())

        assert letter().state == "sent"
        assert len(said(e.LetterHeld)) == 2

    def test_a_released_letter_is_looked_at_like_any_other(self, office: Office) -> None:
        held.release(letter().id, NOW)
        o.change(stage="settled")
        office.hear(planned())

        assert (letter().state, office.post.taken) == ("withdrawn", [])

    def test_a_discarded_letter_is_withdrawn(self) -> None:
        held.discard(letter().id)

        assert letter().state == "withdrawn"
        assert said(e.LetterWithdrawn)[0].reason == "discarded"

    def test_only_a_held_letter_waits_for_a_word(self) -> None:
        held.discard(letter().id)

        with pytest.raises(held.NotHeld):
            held.release(letter().id, NOW)
        with pytest.raises(held.NotHeld):
            held.discard(letter().id)


def test_a_reminder_to_nobody_is_planned_and_refused_with_its_reason(office: Office) -> None:
    o.change(debtor_email="no address\r\nBcc: all@holm.example")
    office.hear(o.issued())
    office.post.send = Mailer("smtp://127.0.0.1:1", "a@b.example", 1).send  # type: ignore[method-assign]
    office.hear(planned())

    assert letter().state == "failed"
    assert b"Bcc" not in bytes(letter().content).split(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    ("error", "tries", "to_debtor", "state", "minutes"),
    [
        (AWAY, 0, True, "planned", 1),
        (AWAY, 3, False, "planned", 8),
        (AWAY, 50, False, "planned", 60),
        (AWAY, 124, True, "failed", 0),
        (Refused("550"), 0, False, "failed", 0),
        (Unknown("cut"), 0, True, "held", 0),
        (Unknown("cut"), 0, False, "planned", 1),
    ],
)
def test_what_comes_of_an_attempt(error: Any, tries: int, to_debtor: bool, state: str, minutes: int) -> None:
    outcome = sending.outcome_of(error, tries, to_debtor=to_debtor)

    assert (outcome.state, outcome.wait) == (state, timedelta(minutes=minutes))


def test_an_amount_that_only_differs_in_its_fee_is_no_change() -> None:
    says = sending.Demand(step=1, attempt=0, recipient="a@b.example", outstanding=Decimal("1250.00"))
    now = sending.Standing(
        stage="checking",
        pending=True,
        step=0,
        attempt=0,
        recipient="a@b.example",
        outstanding=Decimal(1250),
        looked_at=NOW,
        answer="start",
        is_fee_reversed=False,
    )

    assert sending.why_not(says, now, freshest=NOW, today=NOW.date()) is None


def test_a_word_that_dunning_has_heard_is_in_the_stage_alone(office: Office, reminder: e.LetterPlanned) -> None:
    """A pause that came while it was paused anyway, and that is over since."""
    o.answer("pause", 3)
    o.change(answer_no=3)

    office.hear(reminder)

    assert letter().state == "sent"
