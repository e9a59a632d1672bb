"""The profile's door: texts that want to be more than text, in every field; what is kept of them is text in every page
and mail.
"""

import re
from email import message_from_bytes, policy
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common import db
from common import events as e
from common.tables import Company
from decisions.choices import CHOICES
from decisions.pages.sections import KINDS, MONTH_DAYS, SECTIONS
from notifier import cases as read
from notifier.letters import sampling
from notifier.letters.claiming import Beside
from notifier.render import render
from tests.fuzz.test_letters import NOW, WRITER, _Shape
from tests.fuzz.test_portal import UNSEEN, foreign
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, Visitor, company, stop_clock
from tests.unit.decisions.member import Member
from tests.unit.decisions.test_profile import form
from tests.unit.notifier.samples import LINKS

TYPED = [name for name in CHOICES if KINDS[name] not in ("tick", "radio")]
HOSTILE = (
    "\x00\x01\x1b[31m\x7f",
    "Holm\u202eppA\u2066\u200f",
    "x" * 10_000,
    "æ" * 5_000,
    "Holm\r\nBcc: all@evil.example\r\n\r\nBody",
    "Holm\nReply-To: x@evil.example",
    "\u2028\u2029\x85\v\f",
    "=1+1",
    "+45 12 34",
    "-2+3",
    "@SUM(A1)",
    '=HYPERLINK("http://evil.example";"x")',
    "\t=cmd|' /C calc'!A0",
    "</mj-text></mj-column></mj-section><mj-raw><script>alert(1)</script></mj-raw>",
    "<mj-include path='/etc/passwd'/>",
    '"><script>alert(1)</script><img src=x onerror=alert(1)>',
    "' autofocus onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title></style><svg onload=alert(1)>",
    "{{ 7*7 }}{% for x in y %}${7*7}",
    "{fee}{0}{law.__class__}%s%(x)d",
    "=?utf-8?q?=0D=0ABcc:_all@evil.example?=",
    "javascript:alert(1)",
    "a@b.dk,c@d.dk",
    "a@b.dk?cc=evil@evil.example",
    "1e9",
    "٣",
    "0x10",
    "-1",
    "99999999999999999999",
    "NaN",
    "' OR 1=1 --",
    "Z\u0335\u0301" * 100,
    "🧾" * 200,
    "\ud800",
    "",
    " ",
)
texts = st.sampled_from(HOSTILE) | st.text(st.characters(codec="utf-8"), max_size=60)


@pytest.fixture
def visitor(sqlite: str, tmp_path: Path) -> Visitor:
    stop_clock(tmp_path)
    company()
    return Visitor()


def row() -> Any:
    with db.connection():
        return Company.get_by_id(CVR)


def sendable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def send(member: Member, name: str, text: str) -> Any:
    [section] = [one.name for one in SECTIONS if name in one.choices]
    field = MONTH_DAYS if name == "booking_days" else name
    shown = form(member.get("/profile").text, section)
    return member.client.post("/profile", data=shown | {field: [sendable(text)]})


def strangers(page: str) -> list[str]:
    """Beside our drawing, and a field whose value looks like an address: that is a value."""
    ours = ('<svg class="chart', '<svg class="line"', "<svg viewBox", '<input type="')
    return [tag for tag in foreign(page) if not tag.startswith(ours) or re.search(r"\son\w+=", tag)]


@pytest.mark.parametrize("name", TYPED)
def test_whatever_is_typed_is_kept_as_text_or_refused_with_nothing_changed(visitor: Visitor, name: str) -> None:
    member = Member()
    for text in HOSTILE:
        before = row().__data__

        answer = send(member, name, text)

        after = row().__data__
        assert answer.status_code in (303, 413, 422), text
        assert {key for key in after if after[key] != before[key]} <= {name, "policy_no"}, text
        if answer.status_code != 303:
            assert after == before, text
        page = member.get("/profile").text if answer.status_code == 303 else answer.text
        assert strangers(page) == [], text
        assert not UNSEEN.search(page) or answer.status_code == 422  # what can't be saved is given back as it came
        if isinstance(after[name], str):
            assert after[name].replace("\n", "").isprintable(), text


@given(name=st.sampled_from(TYPED), text=texts)
@settings(max_examples=60)
@example("letterhead", HOSTILE[13])
@example("payment_details", HOSTILE[4])
def test_a_debtor_and_a_sample_show_it_as_text_too(visitor: Visitor, name: str, text: str) -> None:
    member = Member()
    with db.transaction():
        Company.update(letterhead="", reply_to="", payment_details="", fi_creditor="", bank_account="").execute()
    usual = sample()

    answer = send(member, name, text)

    letter = sample()
    shape = {tag for tag, _ in _Shape(letter.html).tags}
    assert answer.status_code in (303, 413, 422)
    assert shape <= {tag for tag, _ in _Shape(usual.html).tags} | {"br"}
    assert not any(n.startswith("on") for _, names in _Shape(letter.html).tags for n in names)
    assert not UNSEEN.search(letter.text.replace("\n", ""))
    if answer.status_code == 303 and name in ("letterhead", "payment_details"):
        words = re.sub(r"\s|=", "", unescape(" ".join(_Shape(letter.html).words)))
        for line in sendable(text).splitlines()[:1]:
            assert re.sub(r"\s|=", "", line)[:20].replace("kr..", "kr.") in words


def test_no_text_adds_a_header_or_a_recipient_to_a_sample(visitor: Visitor) -> None:
    """Even one that got into the database past the checks."""
    for text in map(sendable, HOSTILE):
        with db.transaction():
            Company.update(name=text, letterhead=text, reply_to=text, bank_account=text).execute()

        mail: Any = message_from_bytes(WRITER.write(draft(), NOW).content, policy=policy.SMTP)

        assert [one.addr_spec for one in mail["To"].addresses] == [row().email], text
        assert len(mail["Reply-To"].addresses) <= 1, text
        assert "Bcc" not in mail, text
        assert mail["Subject"].isprintable(), text


def draft() -> Any:
    event = e.SampleRequested(company=CVR, asked_at=NOW)
    beside = Beside(links=LINKS, today=NOW.date())
    return sampling.sample(read.creditor(CVR), event, read.first_reminder(CVR), beside)


def sample() -> Any:
    return render(draft())


@given(query=st.dictionaries(st.sampled_from([*TYPED, "due_on", "silence", MONTH_DAYS]), texts, max_size=6))
@settings(max_examples=60)
def test_other_choices_that_come_by_the_address_are_text(visitor: Visitor, query: dict[str, str]) -> None:
    member = Member()
    before = row().__data__

    answer = member.client.get("/profile/timetable", params={k: sendable(v)[:200] for k, v in query.items()})

    assert answer.status_code in (200, 414, 422)
    assert strangers(answer.text) == []
    assert row().__data__ == before
    assert cases.said() == []
