"""Every letter, in its variants, about one invoice of one company."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from common import events as e
from common.links import PortalLinks
from common.settings import Settings
from notifier import letters
from notifier.facts import Case, Claim, Creditor
from notifier.letters import Batch, Draft

SETTINGS = Settings(secret="a secret that is long enough for the tests", portal_url="https://rykker.example")
LINKS = PortalLinks(SETTINGS)
TODAY = date(2026, 3, 2)  # a Monday
CVR = "12345674"
CREDITOR = Creditor(
    cvr=CVR, name="Jensen VVS ApS", email="jensen@vvs.example", payment_details=("Reg. 1234 konto 0012345678",)
)
CLAIM = Claim(
    procedure_id="3d0d9d0c-6b9e-5d7e-8a53-0f3f4a0c7e11",
    number="1042",
    debtor="Grethe Sørensen",
    email="grethe@holm.example",
    amount=Decimal("12500.00"),
    outstanding=Decimal("12500.00"),
    issued_on=date(2026, 2, 2),
    due_on=date(2026, 2, 16),
    payment_line="+71<000000000104216+12345678<",
    notified_on=date(2026, 2, 24),
)
CASE = Case(creditor=CREDITOR, claim=CLAIM)


def case(language: str = "da", **claim: Any) -> Case:
    return Case(creditor=replace(CREDITOR, language=language), claim=replace(CLAIM, **claim))


def event(kind: Any, /, **fields: Any) -> Any:
    of_procedure = {"company": CVR, "procedure_id": CLAIM.procedure_id, "invoice_number": "1042"}
    return kind(**of_procedure, **fields)


def reminder(of: Case, step: int, *, fee: str = "100.00", fees: str | None = None, paid: str = "0.00") -> Draft:
    issued = event(
        e.ReminderIssued,
        procedure_version=7,
        step=step,
        attempt=0,
        fee=Decimal(fee),
        fees=Decimal(fees) if fees else Decimal(fee) * step,
        outstanding=of.claim.amount - Decimal(paid),
    )
    return letters.reminder(of, issued, TODAY)


def settled(of: Case, reason: Any, covered: str = "0.00") -> Draft:
    ended = event(e.ProcedureSettled, procedure_version=9, reason=reason, covered=Decimal(covered))
    return letters.settled(of, ended, LINKS)


def digest(of: Case, count: int) -> Draft:
    names = (
        "Grethe Sørensen",
        "Boligforeningen Østerbro v/ejendomskontoret",
        "Holm & Søn A/S",
        "Café Æblet",
    )
    first = [
        Case(
            creditor=of.creditor,
            claim=replace(
                of.claim,
                procedure_id=f"p-{n}",
                number=str(1042 + n),
                debtor=names[n % len(names)],
                email=None if n == 2 else of.claim.email,
                outstanding=Decimal(950 + 1375 * n),
            ),
        )
        for n in range(min(count, letters.LISTED))
    ]
    batch = Batch(id="f-1", attempt=0, first=first, count=count, outstanding=Decimal("123456.75"))
    return letters.digest(batch, LINKS, TODAY)


def failed_fetch(reason: Any) -> e.FetchFailed:
    return e.FetchFailed(company=CVR, fetch_id="f-1", reason=reason, key_no=3)


def every(language: str, **claim: Any) -> Iterator[tuple[str, Draft]]:
    """Each kind and variant, with its name."""
    asked, sent = case(language, **claim), case(language, step=3, last_reminder_on=date(2026, 2, 20), **claim)
    yield "notice", letters.notice(asked, LINKS, TODAY)
    yield "notice-no-email", letters.notice(replace_claim(asked, email=None), LINKS, TODAY)
    stays = replace_claim(asked, silence="stay", outstanding=Decimal("2500.00"), due_on=date(2026, 3, 1))
    yield "notice-stays", letters.notice(stays, LINKS, TODAY)
    yield "digest", digest(asked, 3)
    yield "digest-5000", digest(replace_claim(asked, silence="stay"), 5000)
    for by in ("answer", "silence"):
        begun = event(e.ProcedureStarted, procedure_version=3, by=by)
        yield f"started-{by}", letters.started(asked, begun, LINKS, TODAY)
    again = replace_claim(asked, step=1, last_reminder_on=date(2026, 2, 25))
    yield (
        "started-again",
        letters.started(again, event(e.ProcedureStarted, procedure_version=8, by="answer"), LINKS, TODAY),
    )
    for step in (1, 2, 3):
        yield f"reminder-{step}", reminder(asked, step)
    yield "reminder-partly-paid", reminder(replace_claim(asked, payment_line=""), 1, paid="2000.00")
    bare = Case(creditor=replace(asked.creditor, payment_details=()), claim=replace(asked.claim, payment_line=""))
    yield "reminder-free", reminder(bare, 1, fee="0.00")
    no_address = event(e.DebtorUnreachable, procedure_version=5, step=1, attempt=0)
    yield "debtor_unreachable", letters.debtor_unreachable(replace_claim(asked, email=None), no_address, LINKS)
    which = {"letter_id": "l", "letter_version": 2, "kind": "reminder", "step": 1}
    failed = event(e.LetterFailed, **which, reason="550 5.1.1 User unknown")
    yield "letter_failed", letters.letter_failed(asked, failed, "grethe@holm.example", LINKS)
    open_fees = event(e.ProcedureCollectingFees, procedure_version=9, fees=Decimal("300.00"))
    yield "fees_open", letters.fees_open(sent, open_fees, LINKS)
    yield "settled-paid", settled(asked, "paid")
    yield "settled-fees_paid", settled(sent, "fees_paid")
    yield "settled-covered", settled(sent, "covered", "300.00")
    yield "settled-credited", settled(sent, "credited")
    ready = event(e.ProcedureEscalated, procedure_version=9, outstanding=Decimal("12500.00"), fees=Decimal("300.00"))
    yield "escalated", letters.escalated(sent, ready)
    yield "key_refused", letters.key_refused(asked.creditor, failed_fetch("key_refused"), "https://rykker.example")
    yield "no_key", letters.key_refused(asked.creditor, failed_fetch("no_key"), "https://rykker.example")


def replace_claim(of: Case, **changes: Any) -> Case:
    return replace(of, claim=replace(of.claim, **changes))
