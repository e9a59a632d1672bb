"""Headers and bytes."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr

import pytest

from notifier.letters import asking
from notifier.letters.draft import Draft
from notifier.words import plain
from notifier.writing import Unusable, Writer, usable
from tests.unit.notifier import samples
from tests.unit.notifier.samples import CASE, LINKS, TODAY

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WRITER = Writer("Rykkerportalen <noreply@rykker.example>", "https://rykker.example", LINKS)
NOTICE = asking.notice(CASE, LINKS, TODAY)
REMINDER = samples.reminder(CASE, 1)


def mail(draft: Draft) -> EmailMessage:
    return message_from_bytes(WRITER.write(draft, NOW).content, policy=policy.default)


def test_a_mail_to_the_company_comes_from_us() -> None:
    found = mail(NOTICE)

    assert found["From"] == "Rykkerportalen <noreply@rykker.example>"
    assert (found["To"], found["Reply-To"]) == ("jensen@vvs.example", None)
    assert found["List-Unsubscribe"] == "<mailto:noreply@rykker.example?subject=stop-12345674>"


def test_a_reminder_comes_in_the_company_s_name_and_answers_go_there() -> None:
    found = mail(REMINDER)

    assert found["From"] == "Jensen VVS ApS <noreply@rykker.example>"
    assert found["Reply-To"] == "Jensen VVS ApS <jensen@vvs.example>"
    assert (found["To"], found["List-Unsubscribe"]) == ("grethe@holm.example", None)


def test_answers_to_a_reminder_or_its_sample_go_to_the_address_that_the_company_chose() -> None:
    sample = dict(samples.every("da"))["sample-letterhead"]

    assert mail(samples.reminder(samples.headed(samples.CASE), 1))["Reply-To"].endswith("<debitor@jensen.example>")
    assert mail(sample)["Reply-To"] == "Jensen VVS ApS <debitor@jensen.example>"
    assert (mail(sample)["From"], mail(sample)["To"]) == (mail(NOTICE)["From"], "jensen@vvs.example")


@pytest.mark.parametrize("draft", [NOTICE, REMINDER], ids=["notice", "reminder"])
def test_every_mail_says_what_it_is(draft: Draft) -> None:
    found, written = mail(draft), WRITER.write(draft, NOW)

    assert found["Message-ID"] == written.message_id == f"<{draft.id}@rykker.example>"
    assert found["Auto-Submitted"] == "auto-generated"
    assert found["X-Entity-Ref-ID"] == draft.id
    assert found["Content-Language"] == "da"
    assert found["Date"].datetime == NOW
    assert found["Subject"] == written.subject
    assert [part.get_content_type() for part in found.walk()] == ["multipart/alternative", "text/plain", "text/html"]
    assert "Sørensen" in found.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert written.content.isascii()
    assert max(map(len, written.content.split(b"\r\n"))) <= 998
    assert b"\n" not in written.content.replace(b"\r\n", b"")


@pytest.mark.parametrize(
    "name",
    [
        'Sørensen, "Åge" & Søn <all@evil.example>',
        "Murer- og Entreprenørfirmaet Ærø, Ålborg og Øster Hornum ved Jørgen Æbelø Kjærgård A/S, Vestergade",
        "A" * 300,
        plain("Evil\r\nBcc: all@evil.example\r\n\r\n<b>body</b>"),
    ],
)
def test_no_name_can_change_the_headers(name: str) -> None:
    of = replace(CASE, creditor=replace(CASE.creditor, name=name), claim=replace(CASE.claim, debtor=name))
    found = message_from_bytes(WRITER.write(samples.reminder(of, 1), NOW).content, policy=policy.compat32)

    assert parseaddr(found["From"])[1] == "noreply@rykker.example"
    assert decoded(found["From"]).startswith((plain(name, 70), '"'))
    assert found.get_all("To") == ["grethe@holm.example"]
    assert (found["Bcc"], len(found.get_all("Subject") or [])) == (None, 1)
    assert name[:40] in decoded(found["Subject"])
    assert not found.defects


def decoded(header: str) -> str:
    """As mail programs read it; the email package's newer parser sees spaces between encoded words of a name."""
    return str(make_header(decode_header(header)))


@pytest.mark.parametrize(
    ("address", "as_sent"),
    [
        ("a.b+c@d.example", "a.b+c@d.example"),
        (" a@d.example ", "a@d.example"),
        ("a@blåbær.example", "a@xn--blbr-roah.example"),
    ],
)
def test_addresses_that_can_be_used(address: str, as_sent: str) -> None:
    assert usable(address) == as_sent


@pytest.mark.parametrize(
    "address",
    [
        *("", "a", "a@", "@b.example", "å@b.example", "a b@c.example", "a@b..example", '"a"@b.example'),
        "a@b.example\r\nBcc: c@d.example",
        "a@b.example, c@d.example",
        "A <a@b.example>",
        "a@" + "b" * 70 + ".example",
    ],
)
def test_addresses_that_can_not(address: str) -> None:
    with pytest.raises(Unusable):
        usable(address)

    draft = replace(REMINDER, recipient=address)
    assert mail(draft)["To"] == "undisclosed-recipients:;"
