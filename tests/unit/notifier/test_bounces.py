"""Letters that come back: whose they are, what is said of them, and what is made of it."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common import clock, db
from common import events as e
from common.inbox import AlreadyHandled
from common.settings import Settings
from common.tables import Letter
from notifier import app, bounced, dsn, store
from notifier.postbox import Away, Postbox
from notifier.verp import Envelopes, NotOurs
from tests.chance import unhurried
from tests.unit.notifier import office as o
from tests.unit.notifier.imap import mailbox
from tests.unit.notifier.office import NOW, Office, letter, said

SETTINGS = replace(Settings(secret="x" * 43), bounce_address="bounces@rykker.example")
ENVELOPES = Envelopes(SETTINGS)
LETTER = "1d2f9f36-93f0-5f0e-9f0a-2b6f6a5f3c33"

REPORT = """\
From: MAILER-DAEMON@mx.example
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It could not be delivered.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example
{of_message}
{recipients}
--b
Content-Type: text/rfc822-headers

Subject: Rykker 1
--b--
"""
FAILED = """
Final-Recipient: rfc822; grethe@holm.example
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 <grethe@holm.example>: no such
 user here
"""


def report(to: str = "", recipients: str = FAILED, of_message: str = "Arrival-Date: Mon, 2 Mar 2026") -> bytes:
    whom = to or ENVELOPES.sender(LETTER)
    return REPORT.format(to=whom, recipients=recipients, of_message=of_message).encode()


# --- the address -----------------------------------------------------------------------------------------------------
def test_a_letter_has_an_address_of_its_own_to_come_back_to() -> None:
    sender = ENVELOPES.sender(LETTER)

    local, _, domain = sender.rpartition("@")
    assert (len(local) <= 64, domain) == (True, "rykker.example")
    assert ENVELOPES.letter_in(f"To: <{sender}>") == LETTER
    assert ENVELOPES.letter_in(sender.upper()) == LETTER
    assert Envelopes(replace(SETTINGS, bounce_address="")).sender(LETTER) == ""


@pytest.mark.parametrize(
    "address",
    [
        "bounces@rykker.example",
        "bounces+1d2f9f3693f05f0e9f0a2b6f6a5f3c33-aaaaaaaaaaaaaaaa@rykker.example",
        ENVELOPES.sender(LETTER).replace("1d2f", "1d2e"),
        ENVELOPES.sender(LETTER).replace("rykker.example", "evil.example"),
        Envelopes(replace(SETTINGS, secret="y" * 43)).sender(LETTER),
        "",
    ],
)
def test_an_address_that_was_not_made_here_names_no_letter(address: str) -> None:
    with pytest.raises(NotOurs):
        ENVELOPES.letter_in(f"To: {address}")


def test_a_forged_address_before_the_right_one_is_passed_over() -> None:
    forged = ENVELOPES.sender(LETTER).replace("1d2f", "1d2e")

    assert ENVELOPES.letter_in(f"To: {forged}, {ENVELOPES.sender(LETTER)}") == LETTER


# --- the report ------------------------------------------------------------------------------------------------------
def test_a_report_says_why_without_anybodys_address() -> None:
    found = dsn.read(report())

    assert (found.status, found.reason) == ("5.1.1", "550 5.1.1 … no such user here")
    assert ENVELOPES.letter_in(found.envelope) == LETTER


def test_a_server_that_gave_up_after_days_has_failed_too() -> None:
    assert dsn.read(report(recipients=FAILED.replace("5.1.1", "4.4.7"))).status == "4.4.7"


def test_a_report_without_a_code_or_a_diagnosis_is_one_all_the_same() -> None:
    found = dsn.read(report(recipients="\nAction: failed\nStatus: nonsense\n"))

    assert (found.status, found.reason) == ("5.0.0", "nonsense")


def test_the_letter_may_be_named_by_the_envelope_id_alone() -> None:
    found = dsn.read(
        report("postmaster@rykker.example", of_message=f"Original-Envelope-Id: {ENVELOPES.sender(LETTER)}")
    )

    assert ENVELOPES.letter_in(found.envelope) == LETTER


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (report(recipients=FAILED.replace("failed", "delayed")), "It says delayed"),
        (report(recipients=FAILED.replace("failed", "delivered")), "It says delivered"),
        (report(recipients=FAILED.replace("failed", "relayed")), "It says relayed"),
        (report(recipients=""), "nothing of any recipient"),
        (report().replace(b"report-type=delivery-status", b"report-type=disposition-notification"), "no report"),
        (b"Subject: Jeg er p\xe5 ferie\r\n\r\nHej", "no report"),
        (b"", "no report"),
        (b"x" * (dsn.LARGEST + 1), "larger"),
    ],
    ids=["delayed", "delivered", "relayed", "empty", "read receipt", "away", "nothing", "huge"],
)
def test_what_is_no_bounce_is_said_so(content: bytes, why: str) -> None:
    with pytest.raises(dsn.NoBounce, match=why):
        dsn.read(content)


def test_one_recipient_of_several_that_failed_is_a_bounce() -> None:
    both = FAILED.replace("failed", "delivered") + FAILED

    assert dsn.read(report(recipients=both)).status == "5.1.1"


@given(st.binary(max_size=400))
@unhurried
def test_random_bytes_are_no_bounce(content: bytes) -> None:
    with pytest.raises(dsn.NoBounce):
        dsn.read(content)


@given(st.data())
@unhurried
def test_a_mutilated_report_names_no_other_letter(data: st.DataObject) -> None:
    content = bytearray(report())
    for _ in range(data.draw(st.integers(1, 6))):
        start = data.draw(st.integers(0, len(content) - 1))
        content[start : start + data.draw(st.integers(0, 40))] = data.draw(st.binary(max_size=20))

    try:
        named = ENVELOPES.letter_in(dsn.read(bytes(content)).envelope)
    except (dsn.NoBounce, NotOurs):
        return
    assert named == LETTER


# --- what is made of it ----------------------------------------------------------------------------------------------
@pytest.fixture
def sent(office: Office) -> Letter:
    o.company()
    o.reminded()
    office.hear(o.issued())
    office.hear_all(e.LetterPlanned)
    return letter(kind="reminder")


def came_back(of: Letter) -> bytes:
    return report(ENVELOPES.sender(of.id))


def test_a_reminder_that_came_back_is_recorded_and_said_once(sent: Letter) -> None:
    first = bounced.record(came_back(sent), ENVELOPES, NOW)
    again = bounced.record(came_back(sent), ENVELOPES, NOW)

    assert (first.is_new, again.is_new) == (True, False)
    assert (letter(kind="reminder").state, letter(kind="reminder").reason) == ("bounced", first.reason)
    (event,) = said(e.LetterBounced)
    assert (event.procedure_id, event.kind, event.step, event.status) == ("p-1042", "reminder", 1, "5.1.1")


@pytest.mark.parametrize(
    ("state", "is_new"), [("held", True), ("planned", True), ("failed", False), ("withdrawn", False)]
)
def test_what_may_have_left_can_come_back(sent: Letter, state: str, is_new: bool) -> None:
    with db.transaction():
        Letter.update(state=state).execute()

    assert bounced.record(came_back(sent), ENVELOPES, NOW).is_new is is_new
    assert len(said(e.LetterBounced)) == is_new


def test_a_letter_that_is_being_sent_is_looked_at_again(sent: Letter) -> None:
    with db.transaction():
        Letter.update(state="sending").execute()

    with pytest.raises(bounced.StillSending):
        bounced.record(came_back(sent), ENVELOPES, NOW)


def test_a_letter_that_nobody_knows_changes_nothing(sent: Letter) -> None:
    with pytest.raises(store.NoSuchLetter):
        bounced.record(report(), ENVELOPES, NOW)

    assert said(e.LetterBounced) == []


def test_a_letter_that_came_back_is_not_sent_again(sent: Letter, office: Office) -> None:
    bounced.record(came_back(sent), ENVELOPES, NOW)
    late = e.LetterPlanned(company=sent.company, letter_id=sent.id, kind="reminder", attempt=7)

    with pytest.raises(AlreadyHandled):
        office.hear(late)

    assert len(office.post.taken) == 1


def test_each_letter_leaves_with_its_own_envelope(sent: Letter, office: Office) -> None:
    table = {line.event: line.by for line in app.handlers(SETTINGS, office.post.send)}
    with db.transaction():
        Letter.update(state="planned").execute()
    again = e.LetterPlanned(company=sent.company, letter_id=sent.id, kind="reminder", attempt=7).identified("tests")

    table[e.LetterPlanned](again, now=NOW)

    assert office.post.senders == ["", ENVELOPES.sender(sent.id)]


# --- the mailbox -----------------------------------------------------------------------------------------------------
def handling(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setattr(clock, "business_now", lambda: NOW)
    return lambda content: app._came_back(ENVELOPES, content)


def test_the_mailbox_is_read_and_what_is_done_with_is_marked(sent: Letter, monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox(came_back(sent), b"Subject: ferie\r\n\r\nHej", report()) as box:
        done = Postbox(box.url).look(handling(monkeypatch))

        assert (done, box.seen, box.folders) == (3, {1, 2, 3}, {"Handled": {1}, "Unread": {2, 3}})
        assert Postbox(box.url).look(handling(monkeypatch)) == 0
    assert letter(kind="reminder").state == "bounced"


def test_a_mail_that_can_not_be_handled_now_is_left_and_stops_no_other(
    sent: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = handling(monkeypatch)
    record = bounced.record

    def once(content: bytes, *rest: Any) -> Any:
        if b"poison" in content:
            raise RuntimeError("secret words")
        return record(content, *rest)

    monkeypatch.setattr(bounced, "record", once)
    with mailbox(came_back(sent).replace(b"Rykker 1", b"poison"), came_back(sent)) as box:
        assert (Postbox(box.url).look(handle), box.seen) == (1, {2})


def test_a_mail_that_was_not_marked_comes_again_and_changes_nothing(
    sent: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    handle = handling(monkeypatch)
    with mailbox(came_back(sent)) as box:
        box.is_deaf = True
        with pytest.raises(Away):
            Postbox(box.url).look(handle)
        box.is_deaf = False

        assert (Postbox(box.url).look(handle), box.seen) == (1, {1})
    assert len(said(e.LetterBounced)) == 1


def test_a_mailbox_that_is_away_or_refuses_us_says_no_password() -> None:
    with mailbox() as box:
        box.password = "another"
        with pytest.raises(Away) as refused:
            Postbox(box.url).greet()
    with pytest.raises(Away) as away:
        Postbox("imap://rykker:secret@127.0.0.1:1/INBOX").greet()

    assert "secret" not in f"{refused.value} {away.value}"
