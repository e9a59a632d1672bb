"""Texts that want to be more than text, and a company in whose rows they stand wherever anybody outside can put one."""

from collections.abc import Iterable
from datetime import date, timedelta
from email.message import EmailMessage
from typing import Any
from uuid import uuid5

from common import db
from common.events import NAMESPACE, Debtor
from common.storable import LONGEST_TEXT
from common.tables import (
    TABLES,
    AuditLine,
    FailedMessage,
    Fetch,
    FetchRun,
    KeyTrial,
    LetterDecision,
    Pick,
    SetAside,
)
from fetcher import reading
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY
from tests.unit.decisions.everything import STAGES

TEXTS = (
    "=1+1",
    "+45 12 34",
    "-2+3",
    "@SUM(A1)",
    "\t=cmd|' /C calc'!A0",
    "\r=1+1",
    "\n=1+1",
    " =1+1",
    "\u00a0=1+1",
    "\u200b=1+1",
    "'=1+1",
    "\uff1d1+1",
    "\uff0b1",
    "\uff0d1",
    "\uff20SUM(A1)",
    "\ufe63" + "1",  # a small minus sign
    "\u22121+1",
    "\u207a1",  # a raised plus sign
    "\u208c1",  # a lowered equals sign
    "\ufeff=1",
    "\u202e=1",
    '=HYPERLINK("http://evil.example";"x")',
    '"=1+1";=2+2',
    "a;b\r\n=c",
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "' autofocus onfocus='alert(1)",
    "</textarea><script>alert(1)</script>",
    "</title></style><svg onload=alert(1)>",
    "{{ 7*7 }}{% for x in y %}${7*7}",
    "{fee}{0}{law.__class__}%s%(x)d",
    "javascript:alert(1)",
    "Holm\u202eppA\u2066\u200f",
    "\x00\x01\x1b[31m\x7f\x85",
    "\u2028\u2029\v\f",
    "' OR 1=1 --",
    "Z\u0335\u0301" * 100,
    "x" * 10_000,
    "\U0001f9fe" * 200,
    "\ud800",
    "_x003D_1+1",  # what an XLSX file means by =
    "100%_\\",
    "",
    " ",
)
NUMBERS = (
    *("..", ".", "...", "pick", "/", "//", "a/b", "a/..", "../operator", "?", "a?b=c", "#", "a#b", "%2F", "%2e%2e"),
    *("%", "%zz", "+", "a b", "a&b=c", ";", "\\", "\\..", "http://evil.example", "//evil.example/x", "2041/letters/1"),
    *(f"7/letters/{uuid5(NAMESPACE, 'x')}", "letters", "~", "*", "\u00e6\u00f8\u00e5", "0", "007", "1" * 40, "x" * 200),
)


def storable(text: str, longest: int = 20_000) -> str:
    """As much of it as either database takes."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:longest]


def empty() -> None:
    with db.transaction():
        for table in TABLES:
            table.delete().execute()


def numbered(texts: Iterable[str]) -> list[str]:
    """Those that the fetcher lets be a number, each once."""
    return list(dict.fromkeys(number for text in texts if (number := reading.text(storable(text), "number"))))


def fill(texts: Iterable[str], numbers: Iterable[str]) -> list[str]:
    """A company with an invoice of each number, in each stage in turn; its texts are these in turn. The numbers.

    Where the fetcher tidies texts up, they stand raw here: what is stored may be older than its rules.
    """
    kept, stages = [storable(text) for text in texts], list(STAGES)
    cases.company(name=kept[0] or "-", letterhead=kept[0], payment_details=kept[0], api_key_no=1)
    found = numbered(numbers)
    for place, number in enumerate(found):
        _invoice(number, place, kept[place % len(kept)], stages[place % len(stages)])
    _around(kept)
    return found


def _invoice(number: str, place: int, text: str, stage: str) -> None:
    line = text[:LONGEST_TEXT]
    debtor = Debtor(
        customer_number=reading.text(f"K{text}", "number"), name=line, email=line or None, address=line, city=line
    )
    due_on = date(2026, 11, 16) - timedelta(days=place)
    of = cases.invoice(number, debtor=debtor, due_on=due_on, payment_line=line)
    if place % 5 == 4:
        cases.known(of, asked=False)
        return
    key = str(uuid5(NAMESPACE, number))
    fields: dict[str, Any] = {"notified_on": date(2026, 11, 18), "customer_number": debtor.customer_number}
    cases.procedure(stage, of=of, id=key, **(fields | STAGES[stage]))
    cases.line(key, "principal", str(of.amount), "principal", rule=text)
    cases.line(key, text[:12] or "fee", "100.00", rule=text)
    cases.objection(key, words=text, reference=text, phone=text, by=text if place % 2 else "")
    cases.objection(key, 2, "paid", words=text, reference=text, paid_on=MONDAY.date())
    kind, state = (("reminder", "held"), ("notice", "failed"), ("collection_notice", "bounced"))[place % 3]
    _letter(key, kind, text, state, place)


def _letter(procedure: str, kind: str, text: str, state: str, step: int = 0) -> None:
    mail = EmailMessage()
    mail["Subject"] = " ".join(text.split())[:500] or "-"
    mail["Date"] = "Mon, 16 Nov 2026 10:00:00 +0000"
    mail.set_content(text)
    known: dict[str, Any] = {"reason": text, "subject": text, "recipient": text, "content": mail.as_bytes()}
    known |= {"id": str(uuid5(NAMESPACE, f"{procedure} {kind} {step}")), "to_debtor": kind != "notice"}
    cases.letter(procedure, kind, MONDAY - timedelta(days=3), step, state, **known)
    if state == "held":
        said = {"letter_id": known["id"], "company": CVR, "choice": "sent", "decided_at": MONDAY, "sent_on": None}
        with db.transaction():
            LetterDecision.insert(said, decision_no=1, by=text).execute()


def _around(texts: list[str]) -> None:
    """What is about no invoice of a procedure."""
    failed = {"type": "invoice.overdue", "company": CVR, "collected_at": MONDAY}
    for place, text in enumerate(texts):
        fetch = {"fetch_id": f"f-{place}", "company": CVR, "began_at": MONDAY}
        row = {"company": CVR, "business_date": MONDAY.date(), "requested_at": MONDAY}
        with db.transaction():
            SetAside.insert(company=CVR, number=f"{place} {text}"[:2000], reason=text, seen_at=MONDAY).execute()
            Fetch.insert(row, id=f"f-{place}", occasion=f"asked {place} {text}", by=text).execute()
            FetchRun.insert(fetch, state="failed" if place % 2 else "finished", reason=text).execute()
            Pick.insert(company=CVR, number=f"{place}", pick_no=1, picked_at=MONDAY, by=text).execute()
            AuditLine.insert(at=MONDAY, who=text, company=CVR, action=text, subject=text).execute()
            FailedMessage.insert(
                failed, queue=text, event_id=f"{place}", cause=text, body=text, reason=text, outcome=text
            ).execute()
            FailedMessage.insert(
                failed, queue="dunning", event_id=f"a{place}", cause=text, body="{}", state="archived", reason=text
            ).execute()
            KeyTrial.insert(
                company=CVR, key_no=place, state="accepted", whose=text, reason=text, tried_at=MONDAY
            ).execute()
