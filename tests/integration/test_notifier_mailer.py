"""What the mail server may do, and what we call it."""

import threading
from collections.abc import Iterator
from uuid import UUID

import pytest

from common.settings import Settings
from notifier import mailer
from notifier.mailer import Away, Mailer, NotSent, Refused, Unknown
from notifier.verp import Envelopes
from tests.unit.notifier import smtp

CONTENT = b"Subject: x\r\n\r\n.a line that begins with a full stop\r\n..and two\r\nend\r\n"


@pytest.fixture
def server() -> Iterator[smtp.Server]:
    with smtp.running() as running:
        yield running


@pytest.fixture
def mail(server: smtp.Server) -> Iterator[Mailer]:
    sending = Mailer(f"smtp://127.0.0.1:{server.port}", "Us <us@rykker.example>", 0.3)
    yield sending
    sending.close()


def test_the_server_gets_the_very_bytes(server: smtp.Server, mail: Mailer) -> None:
    mail.send("a@b.example", CONTENT)

    assert server.mails == [CONTENT]


# --- the envelope ----------------------------------------------------------------------------------------------------
DSN = "250-hello\r\n250-DSN\r\n250 8BITMIME"
OURS = Envelopes(Settings(secret="x" * 43, bounce_address="bounces@rykker.example")).sender(str(UUID(int=7)))


def test_a_letter_leaves_from_the_address_that_it_is_to_come_back_to(server: smtp.Server, mail: Mailer) -> None:
    mail.send("a@b.example", CONTENT, OURS)
    mail.send("a@b.example", CONTENT)

    assert server.envelopes[::2] == [f"mail FROM:<{OURS}>", "mail FROM:<us@rykker.example>"]
    assert server.mails == [CONTENT, CONTENT]


def test_a_server_that_offers_it_is_asked_for_short_reports_that_name_the_letter(
    server: smtp.Server, mail: Mailer
) -> None:
    server.answers["EHLO"] = DSN

    mail.send("a@b.example", CONTENT, OURS)

    asked, whom = server.envelopes
    sender, wishes = asked.removeprefix("mail FROM:").split(" ", 1)
    assert (sender, wishes) == (f"<{OURS}>", f"RET=HDRS ENVID={OURS.replace('+', '+2B')}")
    assert whom == "rcpt TO:<a@b.example> NOTIFY=FAILURE,DELAY"


def test_without_anybody_to_read_them_no_reports_are_asked_for(server: smtp.Server, mail: Mailer) -> None:
    server.answers["EHLO"] = DSN

    mail.send("a@b.example", CONTENT)

    assert server.envelopes == ["mail FROM:<us@rykker.example>", "rcpt TO:<a@b.example>"]


def test_an_address_too_long_for_an_envelope_id_is_none(server: smtp.Server, mail: Mailer) -> None:
    server.answers["EHLO"] = DSN
    long = f"{OURS}.{'x' * 40}.example"

    mail.send("a@b.example", CONTENT, long)

    assert server.envelopes[0] == f"mail FROM:<{long}> RET=HDRS"


# --- what may go wrong -----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("answers", "kind", "reason"),
    [
        ({"MAIL": "555 parameters not recognized"}, Away, "555 parameters not recognized"),
        ({"RCPT": "550 5.1.1 <a@b.example>: no such user"}, Refused, "550 5.1.1 … no such user"),
        ({"RCPT": "450 mailbox busy"}, Away, "450 mailbox busy"),
        ({"MAIL": "552 too big"}, Refused, "552 too big"),
        ({"MAIL": "530 authenticate first"}, Away, "530 authenticate first"),
        ({"MAIL": "421 closing"}, Away, "421 closing"),
        ({"CONNECT": "554 no service for you"}, Away, "554 no service for you"),
        ({"CONNECT": None}, Away, "SMTPServerDisconnected: Connection unexpectedly closed"),
        ({"EHLO": "", "HELO": ""}, Away, ""),
        ({"RCPT": None}, Away, "SMTPServerDisconnected: Connection unexpectedly closed"),
        ({"RCPT": ""}, Away, ""),
        ({"DATA": "554 no"}, Refused, "554 no"),
        ({"DATA": "451 no"}, Away, "451 no"),
        ({"END": "554 spam"}, Refused, "554 spam"),
        ({"END": "452 disk full"}, Away, "452 disk full"),
        ({"END": None}, Unknown, "SMTPServerDisconnected: Connection unexpectedly closed"),
        ({"END": ""}, Unknown, ""),
    ],
)
def test_trouble_has_a_name(
    server: smtp.Server, mail: Mailer, answers: dict[str, str | None], kind: type[NotSent], reason: str
) -> None:
    server.answers = answers

    with pytest.raises(NotSent) as caught:
        mail.send("a@b.example", CONTENT)

    assert type(caught.value) is kind
    assert reason in str(caught.value)
    assert "a@b" not in str(caught.value)

    server.answers = {}
    mail.send("a@b.example", CONTENT)
    assert server.mails[-1] == CONTENT


def test_a_server_that_is_not_there_is_away() -> None:
    with pytest.raises(Away, match="ConnectionRefusedError"):
        Mailer("smtp://127.0.0.1:1", "us@rykker.example", 1).send("a@b.example", CONTENT)


def test_no_password_goes_over_a_line_that_can_t_be_encrypted(server: smtp.Server) -> None:
    sending = Mailer(f"smtp+starttls://user:secret@127.0.0.1:{server.port}", "us@rykker.example", 1)

    with pytest.raises(Away, match="STARTTLS"):
        sending.send("a@b.example", CONTENT)

    assert "AUTH" not in server.said
    assert server.mails == []


def test_what_is_no_address_never_reaches_the_server(server: smtp.Server, mail: Mailer) -> None:
    with pytest.raises(Refused):
        mail.send("a@b.example>\r\nRCPT TO:<c@d.example", CONTENT)

    assert server.connections == 0


def test_a_connection_is_used_again_until_it_is_worn(
    server: smtp.Server, mail: Mailer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(mailer.MOST_MAILS):
        mail.send("a@b.example", CONTENT)
    assert server.connections == 1

    mail.send("a@b.example", CONTENT)
    assert server.connections == 2

    monkeypatch.setattr(mailer, "LONGEST_IDLE", -1.0)
    mail.send("a@b.example", CONTENT)
    assert server.connections == 3
    assert len(server.mails) == mailer.MOST_MAILS + 2


def test_a_connection_that_the_server_has_closed_is_replaced(server: smtp.Server, mail: Mailer) -> None:
    mail.send("a@b.example", CONTENT)
    server.hang_up()

    mail.send("a@b.example", CONTENT)

    assert (server.connections, len(server.mails)) == (2, 2)


def test_each_thread_has_a_connection_of_its_own(server: smtp.Server, mail: Mailer) -> None:
    threads = [threading.Thread(target=mail.send, args=("a@b.example", CONTENT)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (server.connections, len(server.mails)) == (3, 3)
