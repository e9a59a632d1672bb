"""The letters' door: names and texts that come from an ERP, a form or a command line, and want to be more than text."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notifier.letters.draft import Draft
from notifier.render import render
from notifier.words import LONGEST, plain
from notifier.writing import Writer
from tests.unit.notifier import samples
from tests.unit.notifier.samples import CLAIM, CREDITOR, LINKS

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
WRITER = Writer("Rykkerportalen <noreply@rykker.example>", "https://rykker.example", LINKS)
HEADERS = {
    *("From", "To", "Reply-To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Language"),
    *("Auto-Submitted", "X-Entity-Ref-ID", "List-Unsubscribe"),
}
NASTY = (
    "{{ 7*7 }}{% for x in ().__class__.__base__.__subclasses__() %}",
    "{{ creditor.__class__.__mro__ }}${7*7}#{7*7}<%= 7*7 %>",
    "</mj-text></mj-column></mj-section><mj-raw><script>alert(1)</script></mj-raw>",
    "<mj-include path='/etc/passwd' />",
    "</title><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "<!-- --><![CDATA[ ]]><?php ?>&lt;b&gt;&amp;&#60;script&#62;&nbsp;&bogus;",
    "Evil\r\nBcc: all@evil.example\r\n\r\n<b>body</b>",
    "Evil\nTo: all@evil.example",
    "a@b.example, all@evil.example",
    "=?utf-8?q?=0D=0ABcc:_all@evil.example?=",
    "\u202eelpmaxe.live\u2066",
    "\x00\x1b[31m\x7f\x85\u2028\u2029\f\v",
    "\ud800Ane\udfff",
    "\ufdd0\ufffe\U0010ffff",
    ".\r\n.\r\nQUIT",
    "x" * 1_000_000,
    "Å" * 10_000,
    "🧾" * 500,
    "Z\u0335\u0301" * 500,
    "",
)
texts = st.sampled_from(NASTY) | st.text(st.characters(), max_size=60)
variants = st.sampled_from([name for name, _ in samples.every("da")])


class _Shape(HTMLParser):
    """Every tag and attribute's name, in order, and all text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def written(draft: Draft, name: str, number: str, line: str) -> Draft:
    """The draft with these texts wherever texts from outside stand, cleaned as cases.py does."""
    says: dict[str, Any] = dict(draft.says)
    changes = {"debtor": plain(name), "number": plain(number), "payment_line": plain(line)}
    if "claim" in says:
        says["claim"] = replace(says["claim"], **changes)
    if "entries" in says:
        says["entries"] = [(replace(claim, **changes), *rest) for claim, *rest in says["entries"]]
    if "said" in says:
        says["said"] = replace(says["said"], words=(plain(name), plain(line)), reference=plain(line))
    if says.get("debtor"):
        says["debtor"] = dict.fromkeys(says["debtor"], plain(name) or "-")
    if "lines" in says:
        says["lines"] = [replace(cost, number=plain(number)) for cost in says["lines"]]
    if "address" in says:
        says |= {"address": plain(name), "reason": plain(line)}
    chosen: dict[str, Any] = {
        "payment_details": (plain(line),),
        "bank_account": (plain(number) or "1234 1") if draft.creditor.bank_account else "",
    }
    chosen |= {"letterhead": (plain(name), plain(line)) if draft.creditor.letterhead else ()}
    creditor = replace(draft.creditor, name=plain(name), **chosen)
    return replace(draft, creditor=creditor, says=says)


def drafted(kind: str, language: str) -> Draft:
    return dict(samples.every(language))[kind]


@given(kind=variants, language=st.sampled_from(["da", "en"]), name=texts, number=texts, line=texts)
@settings(max_examples=40)
@example("reminder-1", "da", NASTY[2], NASTY[5], NASTY[4])
@example("reminder-1", "da", NASTY[0], NASTY[0], NASTY[0])
@example("digest", "en", NASTY[2], NASTY[3], NASTY[6])
@example("notice", "da", NASTY[7], NASTY[7], NASTY[7])
@example("sample-letterhead", "da", NASTY[2], NASTY[5], NASTY[4])
@example("reminder-bank", "en", NASTY[7], NASTY[3], NASTY[8])
@example("letter_failed", "da", NASTY[2], NASTY[5], NASTY[6])
def test_a_text_stays_text(kind: str, language: str, name: str, number: str, line: str) -> None:
    draft = drafted(kind, language)
    usual = render(written(draft, "Ane", "1042", "+71" if plain(line) else ""))

    rendered = render(written(draft, name, number, line))

    shape = _Shape(rendered.html)
    assert shape.tags == _Shape(usual.html).tags
    assert not {tag for tag, _ in shape.tags} & {"script", "iframe", "object", "form", "base"}
    assert not any(attribute.startswith("on") for _, attributes in shape.tags for attribute in attributes)
    if plain(name) and kind != "key_refused":
        squeezed = re.sub(r"\s", "", " ".join(shape.words))
        assert re.sub(r"\s", "", plain(name))[:20].replace("kr..", "kr.") in squeezed
        assert re.sub(r"\s", "", plain(name))[:20] in re.sub(r"\s", "", rendered.text)
    assert rendered.text.encode()
    assert len(rendered.html) < len(usual.html) + 60 * 60 * LONGEST


@given(kind=variants, name=texts, number=texts, address=texts, email=texts)
@settings(max_examples=60)
@example("reminder-1", NASTY[8], NASTY[9], NASTY[8], NASTY[10])
@example("reminder-1", NASTY[11], NASTY[11], "a@b.example", "c@d.example\r\nBcc: x@evil.example")
def test_a_text_adds_no_header_and_no_recipient(kind: str, name: str, number: str, address: str, email: str) -> None:
    draft = written(drafted(kind, "da"), name, number, name)
    draft = replace(
        draft, recipient=address, creditor=replace(draft.creditor, email=plain(email), reply_to=plain(name))
    )

    content = WRITER.write(draft, NOW).content

    found: Any = message_from_bytes(content, policy=policy.SMTP)
    assert set(found.keys()) <= HEADERS
    assert all(len(found.get_all(header)) == 1 for header in found)
    assert len(found["To"].addresses) <= 1
    assert [one.addr_spec for one in found["From"].addresses] == ["noreply@rykker.example"]
    assert "Reply-To" not in found or len(found["Reply-To"].addresses) <= 1
    assert found["Message-ID"] == f"<{draft.id}@rykker.example>"
    assert found["Subject"].isprintable()
    assert content.isascii()
    assert not re.search(rb"(?<!\r)\n|\r(?!\n)", content)
    assert max(map(len, content.split(b"\r\n"))) <= 998


@pytest.mark.parametrize("language", ["da", "en"])
def test_a_company_without_any_name_gets_its_letters_too(language: str) -> None:
    for _, draft in samples.every(language):
        assert WRITER.write(written(draft, "\x00", "\u202e", "\ud800"), NOW).content


def test_the_samples_are_what_is_changed() -> None:
    assert CLAIM.debtor in render(drafted("notice", "da")).text
    assert CREDITOR.name in render(drafted("reminder-1", "da")).text
