"""Reports as mail servers really shape them, and as nobody but an enemy would."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier import dsn
from notifier.verp import NotOurs
from tests.chance import unhurried
from tests.unit.notifier.test_bounces import ENVELOPES, FAILED, LETTER, report

OURS = ENVELOPES.sender(LETTER)
BEGINNING = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b0\n\n--b0\n"

LIKE_POSTFIX = f"""\
Return-Path: <>
Delivered-To: bounces@rykker.example
From: MAILER-DAEMON@mx1.tommerhandel.example (Mail Delivery System)
To: {OURS}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4F1C2.1772445600/mx1.tommerhandel.example"

This is a MIME-encapsulated message.

--4F1C2.1772445600/mx1.tommerhandel.example
Content-Description: Notification
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Her er postserveren. Brevet nåede ikke frem.

--4F1C2.1772445600/mx1.tommerhandel.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx1.tommerhandel.example
X-Postfix-Queue-ID: 4F1C2
Arrival-Date: Mon,  2 Mar 2026 11:00:00 +0100 (CET)

Final-Recipient: rfc822; bent@tommerhandel.example
Original-Recipient: rfc822;bent@tommerhandel.example
Action: failed
Status: 5.1.1
Remote-MTA: dns; mx.tommerhandel.example
Diagnostic-Code: smtp; 550 5.1.1 <bent@tommerhandel.example>: Recipient address
    rejected: nobody by that name

--4F1C2.1772445600/mx1.tommerhandel.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <{OURS}>
Subject: Rykker 1

--4F1C2.1772445600/mx1.tommerhandel.example--
"""

LIKE_EXCHANGE = f"""\
From: <postmaster@murer.example>
To: <{OURS.upper()}>
Subject: Kan ikke leveres: Rykker 1
Content-Type: multipart/report; report-type=delivery-status; boundary="_01_"
X-MS-Exchange-Message-Is-Ndr: yes
MIME-Version: 1.0

--_01_
Content-Type: multipart/alternative; boundary="_02_"

--_02_
Content-Type: text/plain; charset="us-ascii"

Brevet til lis@murer.example blev afvist.

--_02_
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<p style=3D"color:red">Action: delivered</p>

--_02_--

--_01_
Content-Type: message/delivery-status

Reporting-MTA: dns;EX01.murer.example
Received-From-MTA: dns;post.rykker.example
Arrival-Date: Mon, 2 Mar 2026 10:00:00 +0000

Final-Recipient: rfc822;lis@murer.example
Action: failed
Status: 5.1.10
Diagnostic-Code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup
X-Display-Name: lis@murer.example

--_01_
Content-Type: message/rfc822

From: Rykkerportalen <noreply@rykker.example>
Subject: Rykker 1

Hej Lis

--_01_--
"""

LIKE_GMAIL = f"""\
Delivered-To: bounces@rykker.example
Return-Path: <>
X-Failed-Recipients: inger@post.example
Auto-Submitted: auto-replied
To: {OURS}
From: Mail Delivery Subsystem <mailer-daemon@post.example>
Subject: Delivery Status Notification (Failure)
Content-Type: multipart/report; boundary="000000000000a1"; report-type=delivery-status

--000000000000a1
Content-Type: multipart/related; boundary="000000000000b2"

--000000000000b2
Content-Type: text/plain; charset="UTF-8"

** Indbakken er fuld **

--000000000000b2
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64
Content-ID: <icon.png>

iVBORw0KGgo=

--000000000000b2--
--000000000000a1
Content-Type: message/delivery-status

Reporting-MTA: dns; post.example
Arrival-Date: Mon, 02 Mar 2026 02:00:00 -0800 (PST)

Final-Recipient: rfc822; inger@post.example
Action: failed
Status: 4.2.2
Remote-MTA: dns; in.post.example. (192.0.2.26, the server for the domain.)
Diagnostic-Code: smtp; 452-4.2.2 The inbox of this person is full. Try
 452-4.2.2 again when there is room.
Last-Attempt-Date: Thu, 05 Mar 2026 02:00:00 -0800 (PST)

--000000000000a1--
"""


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize(
    ("mail", "status", "reason"),
    [
        (LIKE_POSTFIX, "5.1.1", "550 5.1.1 … Recipient address rejected: nobody by that name"),
        (LIKE_EXCHANGE, "5.1.10", "550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found by SMTP address lookup"),
        (LIKE_GMAIL, "4.2.2", "452-4.2.2 The inbox of this person is full. Try 452-4.2.2 again when there is room."),
    ],
    ids=["Postfix", "Exchange", "Gmail"],
)
def test_what_usual_mail_servers_say_is_understood(mail: str, status: str, reason: str, ending: str) -> None:
    found = dsn.read(mail.replace("\n", ending).encode())

    assert (found.status, found.reason) == (status, reason)
    assert ENVELOPES.letter_in(found.envelope) == LETTER


ELSEWHERE = "bounces@rykker.example"


def test_the_report_names_the_letter_where_its_own_address_does_not() -> None:
    sent_on = LIKE_POSTFIX.replace(f"To: {OURS}", f"To: {ELSEWHERE}")

    found = dsn.read(sent_on.replace("Reporting-MTA", f"Original-Envelope-Id: {OURS}\nReporting-MTA").encode())

    assert ENVELOPES.letter_in(found.envelope) == LETTER


@pytest.mark.parametrize("line", ["Content-Description: Notification", "From: Rykkerportalen"])
def test_what_a_report_says_and_returns_names_no_letter(line: str) -> None:
    sent_on = (LIKE_POSTFIX if line in LIKE_POSTFIX else LIKE_EXCHANGE).replace(OURS.upper(), ELSEWHERE)

    found = dsn.read(sent_on.replace(f"To: {OURS}", f"To: {ELSEWHERE}").replace(line, f"{line} {OURS}").encode())

    with pytest.raises(NotOurs):
        ENVELOPES.letter_in(found.envelope)


# --- in doubt it is none ---------------------------------------------------------------------------------------------
QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@gammel.example
To: {OURS}
Subject: failure notice

Hi. This server could not hand over your letter.

<ole@gammel.example>:
Sorry, no mailbox here by that name. (#5.1.1)
"""
VACATION = f"""\
From: Ole <ole@gammel.example>
To: {OURS}
Subject: Ferie
Auto-Submitted: auto-replied

550 5.1.1 Jeg er tilbage i uge 31.
"""


@pytest.mark.parametrize("mail", [QMAIL, VACATION], ids=["without RFC 3464", "vacation"])
def test_words_alone_are_no_bounce_even_at_the_right_address(mail: str) -> None:
    with pytest.raises(dsn.NoBounce, match="no report"):
        dsn.read(mail.encode())


def test_a_failure_with_a_code_of_success_is_none() -> None:
    with pytest.raises(dsn.NoBounce, match="something else"):
        dsn.read(report(recipients=FAILED.replace("Status: 5.1.1", "Status: 2.1.5")))


def test_a_comment_behind_the_action_is_no_part_of_it() -> None:
    assert dsn.read(report(recipients=FAILED.replace("failed", "failed (bad destination)"))).status == "5.1.1"


def test_a_failure_that_gives_no_reason_has_one_all_the_same() -> None:
    found = dsn.read(report(recipients="\nAction: failed\n"))

    assert (found.status, found.reason) == ("5.0.0", "it could not be delivered")


def test_a_stranger_writes_no_words_and_no_long_lines_into_our_log() -> None:
    said = "\n".join(f"Action: private words {'x' * 400}\n" for _ in range(300)) + "\nAction: delayed\n"

    with pytest.raises(dsn.NoBounce) as found:
        dsn.read(report(recipients=f"\n{said}"))

    assert str(found.value) == f"{dsn.NoBounce.__doc__} It says something else, delayed."


# --- enemies ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "mail",
    [
        BEGINNING
        + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(1, 2000)),
        BEGINNING + b"Content-Type: message/rfc822\n\n" * 4000,
    ],
    ids=["multipart", "message"],
)
def test_parts_within_parts_without_end_are_no_bounce(mail: bytes) -> None:
    with pytest.raises(dsn.NoBounce, match="too many others"):
        dsn.read(mail)


def test_a_report_is_read_however_much_it_returns_behind_it() -> None:
    found = dsn.read(LIKE_EXCHANGE.encode().replace(b"Hej Lis", b"Hej Lis\n" * 100_000))

    assert (found.status, ENVELOPES.letter_in(found.envelope)) == ("5.1.10", LETTER)


def test_what_stands_behind_all_that_is_looked_at_is_not_read() -> None:
    late = report().replace(b"It could not", b"x" * dsn.LOOKED_AT)

    with pytest.raises(dsn.NoBounce, match="nothing of any recipient"):
        dsn.read(late)


FIELDS = ["Action: ", "Status: ", "Content-Type: ", "Diagnostic-Code: ;", "Content-Transfer-Encoding: base64"]
VALUES = ["failed", "delayed", "5.1.1", "multipart/report", "message/delivery-status", "message/rfc822"]
TYPES = ["; report-type=", "*0*=", "nosuch''", "; boundary=b", "--b", "--b--", "=?utf-8?q?", "?=", "%FF"]
SIGNS = ["\n", "\n\n", "\r\n", '"', "\\", "(", ": ", "\x00", "\xff"]
WORDS = st.sampled_from([*FIELDS, *VALUES, *TYPES, *SIGNS])


@given(st.lists(WORDS, max_size=40), st.sampled_from([LIKE_POSTFIX, LIKE_EXCHANGE, LIKE_GMAIL]), st.data())
@unhurried
def test_whatever_is_written_into_a_report_it_is_about_its_letter_or_none(
    words: list[str], mail: str, data: st.DataObject
) -> None:
    at = data.draw(st.integers(0, len(mail)))
    content = (mail[:at] + "".join(words) + mail[at:]).encode("latin-1", "replace")

    try:
        found = dsn.read(content)
        named = ENVELOPES.letter_in(found.envelope)
    except (dsn.NoBounce, NotOurs):
        return
    assert (named, found.reason.isprintable(), len(found.reason) <= 200) == (LETTER, True, True)


@given(st.lists(WORDS, max_size=40), st.sampled_from([LIKE_POSTFIX, LIKE_EXCHANGE, LIKE_GMAIL]), st.data())
@unhurried
def test_a_report_with_a_forged_address_is_about_no_letter(words: list[str], mail: str, data: st.DataObject) -> None:
    forged = mail.replace("1d2f9f", "1d2f9e").replace("1D2F9F", "1D2F9E")
    at = data.draw(st.integers(0, len(forged)))

    with pytest.raises((dsn.NoBounce, NotOurs)):
        ENVELOPES.letter_in(
            dsn.read((forged[:at] + "".join(words) + forged[at:]).encode("latin-1", "replace")).envelope
        )
