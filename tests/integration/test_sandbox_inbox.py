import smtplib
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from deploy.sandbox import inbox
from deploy.sandbox.mailbox import Mailbox
from tests.unit.deploy.sandbox.conftest import client

if TYPE_CHECKING:  # at run time the import warns; the conftest knows how to do it
    from starlette.testclient import TestClient


@pytest.fixture
def smtp() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def web(tmp_path: Path, smtp: socket.socket) -> Iterator["TestClient"]:
    """The inbox, which keeps three mails."""
    app = inbox.create_app(tmp_path / "inbox.sqlite", smtp, now=lambda: datetime(2026, 11, 23, 8, tzinfo=UTC), keep=3)
    with client(app) as web:
        yield web


HTML = (
    '<html><head></head><body><a href="http://x.example/ja?a=1&amp;b=2">Ja</a> <a href="http://x.example/nej">Nej</a>'
)


def letter(to: str = "Grethe Sørensen <grethe@example.com>", subject: str = "Rykker på faktura 7") -> EmailMessage:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "Murer ApS <murer@example.com>", to, subject
    mail["Message-ID"], mail["Date"] = "<1@example.com>", "Mon, 23 Nov 2026 04:38:00 +0100"
    mail.set_content("Kære Grethe\nBetal nu: http://x.example/ja\n")
    mail.add_alternative(HTML, subtype="html")
    mail.add_attachment(b"%PDF", maintype="application", subtype="pdf", filename="Rykker æ.pdf")
    return mail


def connect(smtp: socket.socket, timeout: float = 10) -> smtplib.SMTP:
    host, port = smtp.getsockname()
    return smtplib.SMTP(host, port, timeout=timeout)


def send(smtp: socket.socket, *mails: EmailMessage) -> None:
    with connect(smtp) as server:
        for mail in mails:
            server.send_message(mail)


def test_mail_is_listed_with_its_links(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, letter())

    assert web.get("/api/messages").json() == [
        {
            "id": 1,
            "from": "Murer ApS <murer@example.com>",
            "to": "Grethe Sørensen <grethe@example.com>",
            "subject": "Rykker på faktura 7",
            "at": "2026-11-23T03:38:00Z",
            "message_id": "<1@example.com>",
            "links": ["http://x.example/ja?a=1&b=2", "http://x.example/nej"],
        }
    ]


def test_whole_mail_has_headers_text_and_html(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, letter())

    mail = web.get("/api/messages/1").json()

    assert ["Subject", "Rykker på faktura 7"] in mail["headers"]
    assert (mail["text"].splitlines()[0], mail["html"].strip()) == ("Kære Grethe", HTML)
    assert mail["envelope"] == {"from": "murer@example.com", "to": ["grethe@example.com"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", [3, 2, 1]),
        ("to=BO@", [2]),
        ("subject=RYKKER PÅ", [3, 1]),
        ("since_id=2", [3]),
        ("limit=2", [3, 2]),
        ("to=bo@&subject=Rykker", []),
    ],
)
def test_messages_are_found_newest_first(web: "TestClient", smtp: socket.socket, query: str, found: list[int]) -> None:
    send(smtp, letter(), letter("bo@example.com", "Betalt"), letter())

    assert [mail["id"] for mail in web.get(f"/api/messages?{query}").json()] == found


def test_oldest_mails_go_and_ids_are_never_used_again(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, *[letter()] * 5)
    assert [mail["id"] for mail in web.get("/api/messages").json()] == [5, 4, 3]

    web.delete("/api/messages")
    send(smtp, letter())

    assert [mail["id"] for mail in web.get("/api/messages").json()] == [6]


def test_mail_without_date_subject_or_html_is_taken_too(web: "TestClient", smtp: socket.socket) -> None:
    with connect(smtp) as server:
        server.sendmail("a@example.com", ["b@example.com"], b"Content-Type: text/plain; charset=odd\n\n\xe6\xff hej")

    mail = web.get("/api/messages").json()[0]

    assert (mail["to"], mail["at"], mail["links"]) == ("b@example.com", "2026-11-23T08:00:00Z", [])
    assert "hej" in web.get("/messages/1").text


def test_pages_show_the_mail_in_a_sandbox(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, letter(subject="<script>alert(1)</script>"))

    listing, page, frame = (web.get(path) for path in ("/", "/messages/1", "/messages/1/html"))

    assert "&lt;script&gt;" in listing.text
    assert "<script" not in listing.text + page.text
    assert 'http-equiv="refresh"' in listing.text
    assert 'src="/messages/1/html"' in page.text
    assert frame.headers["Content-Security-Policy"].startswith("sandbox allow-popups")
    assert '<head><base target="_blank">' in frame.text


def test_other_views_and_attachments_are_there(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, letter())

    assert "Kære Grethe" in web.get("/messages/1?view=text").text
    assert "Message-ID" in web.get("/messages/1?view=headers").text
    assert web.get("/messages/1/attachments/0").content == b"%PDF"
    assert [web.get(path).status_code for path in ("/messages/2", "/api/messages/2", "/inbox.css")] == [404, 404, 200]


def test_list_is_searched_and_paged(web: "TestClient", smtp: socket.socket) -> None:
    send(smtp, letter(), letter("bo@example.com", "Betalt"))

    assert "Betalt" in web.get("/?q=BETALT").text
    assert "Rykker på" not in web.get("/?q=BETALT").text
    assert "No mail yet" in web.get("/?page=2").text
    assert 'http-equiv="refresh"' not in web.get("/?paused=1").text


@pytest.mark.parametrize(("at", "code"), [("mail", 421), ("rcpt", 550), ("data", 451)])
def test_reply_refuses_as_often_as_it_says(web: "TestClient", smtp: socket.socket, at: str, code: int) -> None:
    web.post("/api/faults", json={"kind": "reply", "code": code, "at": at, "times": 1})

    with pytest.raises(smtplib.SMTPException) as refusal:
        send(smtp, letter())
    send(smtp, letter())

    assert str(code) in str(refusal.value)
    assert len(web.get("/api/messages").json()) == 1


def test_reply_can_mean_one_recipient(web: "TestClient", smtp: socket.socket) -> None:
    web.post("/api/faults", json={"kind": "reply", "code": 550, "times": None, "recipient": "bo@example.com"})

    send(smtp, letter())
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        send(smtp, letter("bo@example.com"))


@pytest.mark.parametrize("answered", [False, True])
def test_connection_dies_with_the_mail_stored(web: "TestClient", smtp: socket.socket, answered: bool) -> None:
    web.post("/api/faults", json={"kind": "die_after_250", "answered": answered})

    with connect(smtp) as server:
        if answered:
            server.send_message(letter())
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            server.send_message(letter())

    assert len(web.get("/api/messages").json()) == 1


def test_hang_outlasts_the_sender(web: "TestClient", smtp: socket.socket) -> None:
    web.post("/api/faults", json={"kind": "hang", "at": "data", "seconds": 5})

    with connect(smtp, timeout=0.3) as server, pytest.raises((TimeoutError, smtplib.SMTPException)):
        server.send_message(letter())

    assert web.get("/api/messages").json() == []


@pytest.mark.parametrize("fault", [{"kind": "reply"}, {"kind": "storm"}, {"kind": "reply", "code": 250}, {"times": 0}])
def test_bad_faults_are_refused(web: "TestClient", fault: dict[str, Any]) -> None:
    assert web.post("/api/faults", json=fault).status_code == 422


def test_pages_tell_when_a_mail_came_by_the_business_clock_and_the_api_what_it_says_itself(
    web: "TestClient", smtp: socket.socket
) -> None:
    mail = letter()
    mail.replace_header("Date", "Tue, 01 Dec 2026 04:38:00 +0100")

    send(smtp, mail)

    assert web.get("/api/messages").json()[0]["at"] == "2026-12-01T03:38:00Z"
    assert "Monday 23 November 2026" in web.get("/").text
    assert "23 November 2026, 09:00" in web.get("/messages/1").text


def test_mails_from_before_arrivals_were_noted_keep_their_own_date(tmp_path: Path) -> None:
    Mailbox(tmp_path / "old.sqlite").close()
    with closing(sqlite3.connect(tmp_path / "old.sqlite")) as database:
        database.execute("ALTER TABLE mail DROP COLUMN received_at")
        database.execute("INSERT INTO mail (raw, at, links) VALUES ('', '2026-11-23T04:00:00+00:00', '[]')")
        database.commit()

    box = Mailbox(tmp_path / "old.sqlite")
    mails = box.find()
    box.close()

    assert [mail["received_at"] for mail in mails] == [datetime(2026, 11, 23, 4, tzinfo=UTC)]
