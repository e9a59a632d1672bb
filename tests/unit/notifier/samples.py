"""Every letter, in its variants, about one invoice of one company."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from common import events as e
from common.links import PortalLinks
from common.settings import Settings
from notifier.facts import Case, Claim, Creditor
from notifier.letters import affairs, asking, claiming, ending, entering, objecting, sampling, telling
from notifier.letters.affairs import Cost
from notifier.letters.asking import Batch
from notifier.letters.claiming import Beside
from notifier.letters.draft import Draft
from notifier.letters.entering import Account
from notifier.letters.objecting import Said
from notifier.letters.sampling import Chosen

SETTINGS = Settings(secret="a secret that is long enough for the tests", portal_url="https://rykker.example")
LINKS = PortalLinks(SETTINGS)
NOW = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
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
BESIDE = Beside(links=LINKS, today=TODAY, interest_until=TODAY)
CHARGES: dict[str, Any] = {"interest": Decimal("43.15"), "compensation": Decimal("310.00")}
CASE = Case(creditor=CREDITOR, claim=CLAIM)


def case(language: str = "da", **claim: Any) -> Case:
    return Case(creditor=replace(CREDITOR, language=language), claim=replace(CLAIM, **claim))


def event(kind: Any, /, **fields: Any) -> Any:
    of_procedure = {"company": CVR, "procedure_id": CLAIM.procedure_id, "invoice_number": "1042"}
    return kind(**of_procedure, **fields)


def claimed(of: Case, kind: Any, /, *, paid: str = "0.00", **fields: Any) -> Any:
    """An event that asks the debtor for money."""
    usual = {"procedure_version": 7, "step": 1, "attempt": 0, "fees": Decimal("100.00")}
    outstanding = of.claim.amount - Decimal(paid)
    return event(kind, **(usual | {"outstanding": outstanding} | fields))


def reminder(
    of: Case, step: int, *, fee: str = "100.00", fees: str | None = None, paid: str = "0.00", **fields: Any
) -> Draft:
    all_fees = Decimal(fees) if fees else Decimal(fee) * step
    issued = claimed(of, e.ReminderIssued, paid=paid, step=step, fee=Decimal(fee), fees=all_fees, **fields)
    return claiming.reminder(of, issued, BESIDE)


def collection_notice(of: Case, **fields: Any) -> Draft:
    usual: dict[str, Any] = {"step": 4, "fees": Decimal("300.00"), "pay_by": date(2026, 3, 16)}
    return claiming.collection_notice(of, claimed(of, e.CollectionNoticeIssued, **(usual | fields)), BESIDE)


def fee_reminder(of: Case, step: int = 1, **fields: Any) -> Draft:
    usual: dict[str, Any] = {"step": step, "outstanding": Decimal("0.00"), "pay_by": date(2026, 3, 12)}
    return claiming.fee_reminder(of, claimed(of, e.FeeReminderIssued, **(usual | fields)), BESIDE)


def objection(of: Case, kind: Any, /, *, stage: str = "running", **said: Any) -> Draft:
    raised = event(e.ObjectionRaised, objection_no=1, kind=kind, raised_at=NOW)
    return objecting.objection(replace_claim(of, stage=stage), raised, Said(kind=kind, **said), LINKS)


def settled(of: Case, reason: Any, covered: str = "0.00", **sums: Decimal) -> Draft:
    ended = event(e.ProcedureSettled, procedure_version=9, reason=reason, covered=Decimal(covered), **sums)
    return ending.settled(of, ended, LINKS)


def undelivered(of: Case, kind: Any, letter: str, step: int = 1) -> Draft:
    which = {"letter_id": "l", "letter_version": 2, "kind": letter, "step": step, "reason": "550 5.1.1 User unknown"}
    if kind is e.LetterFailed:
        return telling.letter_failed(of, event(kind, **which), "grethe@holm.example", LINKS)
    return telling.letter_bounced(of, event(kind, **which, status="5.1.1"), "grethe@holm.example", LINKS)


def statement(of: Case, count: int) -> Draft:
    costs = [
        Cost(number=of.claim.number, step=n % 3, on=date(2026, 2, 1 + n % 28), amount=Decimal(45 * (n % 4) - 45))
        for n in range(count)
    ]
    return affairs.statement(of.creditor, date(2026, 2, 1), costs)


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
        for n in range(min(count, asking.LISTED))
    ]
    batch = Batch(id="f-1", attempt=0, first=first, count=count, outstanding=Decimal("123456.75"))
    return asking.digest(batch, LINKS, TODAY)


def failed_fetch(reason: Any) -> e.FetchFailed:
    return e.FetchFailed(company=CVR, fetch_id="f-1", reason=reason, key_no=3)


def every(language: str, **claim: Any) -> Iterator[tuple[str, Draft]]:
    """Each kind and variant, with its name."""
    asked, sent = case(language, **claim), case(language, step=3, last_reminder_on=date(2026, 2, 20), **claim)
    yield from _asking(asked)
    yield from _claiming(asked, sent)
    yield from _telling(asked)
    yield from _objecting(asked)
    yield from _ending(asked, sent)
    yield from _affairs(asked)


def _asking(asked: Case) -> Iterator[tuple[str, Draft]]:
    yield "notice", asking.notice(asked, LINKS, TODAY)
    yield "notice-no-email", asking.notice(replace_claim(asked, email=None), LINKS, TODAY)
    stays = replace_claim(asked, silence="stay", outstanding=Decimal("2500.00"), due_on=date(2026, 3, 1))
    yield "notice-stays", asking.notice(stays, LINKS, TODAY)
    yield "digest", digest(asked, 3)
    yield "digest-5000", digest(replace_claim(asked, silence="stay"), 5000)


def _claiming(asked: Case, sent: Case) -> Iterator[tuple[str, Draft]]:
    for step in (1, 2, 3):
        yield f"reminder-{step}", reminder(asked, step)
    yield "reminder-partly-paid", reminder(replace_claim(asked, payment_line=""), 1, paid="2000.00")
    bare = Case(creditor=replace(asked.creditor, payment_details=()), claim=replace(asked.claim, payment_line=""))
    yield "reminder-free", reminder(bare, 1, fee="0.00")
    yield "reminder-charges", reminder(asked, 2, paid="2000.00", **CHARGES, pay_by=date(2026, 3, 13))
    last: dict[str, Any] = {"collection_notice": True, "pay_by": date(2026, 3, 16)}
    yield "reminder-last-warning", reminder(sent, 3, **CHARGES, **last)
    yield "reminder-only-warning", reminder(replace_claim(asked, reminders=1), 1, fee="0.00", **last)
    yield "collection_notice", collection_notice(sent)
    yield (
        "collection_notice-charges",
        collection_notice(replace_claim(sent, payment_line=""), paid="2000.00", **CHARGES),
    )
    yield "fee_reminder", fee_reminder(sent)
    yield "fee_reminder-charges", fee_reminder(sent, 2, **CHARGES)


def _telling(asked: Case) -> Iterator[tuple[str, Draft]]:
    for by in ("answer", "silence"):
        begun = event(e.ProcedureStarted, procedure_version=3, by=by)
        yield f"started-{by}", telling.started(asked, begun, LINKS, TODAY)
    begun = event(e.ProcedureStarted, procedure_version=8, by="answer")
    again = replace_claim(asked, step=1, last_reminder_on=date(2026, 2, 25))
    yield "started-again", telling.started(again, begun, LINKS, TODAY)
    charging = replace_claim(asked, interest=True, compensation=True, is_trader=True, collection_notice="after")
    yield "started-charging", telling.started(charging, begun, LINKS, TODAY)
    for name, is_warned in (("started-to-warn", False), ("started-warned", True)):
        of = replace_claim(again, step=3, is_warned=is_warned)
        yield name, telling.started(of, begun, LINKS, TODAY)
    for step in (1, 4):
        no_address = event(e.DebtorUnreachable, procedure_version=5, step=step, attempt=0)
        of = replace_claim(asked, email=None)
        yield f"debtor_unreachable-{step}", telling.debtor_unreachable(of, no_address, LINKS)
    for name, kind in (("letter_failed", e.LetterFailed), ("letter_bounced", e.LetterBounced)):
        yield name, undelivered(asked, kind, "reminder")
        yield f"{name}-notice", undelivered(asked, kind, "collection_notice", 4)
        yield f"{name}-fees", undelivered(asked, kind, "fee_reminder")
        yield f"{name}-paid", undelivered(replace_claim(asked, outstanding=Decimal("0.00")), kind, "reminder")
        yield f"{name}-corrected", undelivered(replace_claim(asked, email="ny@holm.example"), kind, "reminder")


def _objecting(asked: Case) -> Iterator[tuple[str, Draft]]:
    words = ("The tap still drips. Three visits, 4 hours each, were agreed.", "Call me after 16.") * 2
    yield "objection-dispute", objection(asked, "dispute", stage="paused", words=words, phone="20 30 40 50")
    yield "objection-asking", objection(asked, "dispute", stage="awaiting_decision")
    yield "objection-over", objection(asked, "dispute", stage="settled", words=words)
    paid: dict[str, Any] = {"paid_on": date(2026, 2, 27), "reference": "MobilePay 4711"}
    waiting = replace_claim(asked, pause="said_paid", paused_until=date(2026, 3, 9))
    yield "objection-paid", objection(waiting, "paid", stage="paused", **paid)
    yield "objection-paid-unheard", objection(asked, "paid", heard=False, **paid)
    yield "objection-paid-again", objection(replace_claim(asked, paused_until=date(2026, 2, 20)), "paid", **paid)
    yield "objection-call", objection(asked, "call", phone="+45 20 30 40 50")
    yield "objection-handed-on", objection(asked, "call", stage="escalated", phone="20 30 40 50")
    fees_alone = replace_claim(asked, outstanding=Decimal("0.00"))
    yield "objection-fees-alone", objection(fees_alone, "call", stage="collecting_fees", phone="20 30 40 50")
    yield "objection-withdraw", objection(asked, "withdraw")
    yield "objection-withdraw-paused", objection(asked, "withdraw", stage="paused")


def _ending(asked: Case, sent: Case) -> Iterator[tuple[str, Draft]]:
    rest = {"procedure_version": 9, "fees": Decimal("300.00")}
    yield "fees_open", ending.fees_open(sent, event(e.ProcedureCollectingFees, **rest), LINKS)
    yield "fees_open-charges", ending.fees_open(sent, event(e.ProcedureCollectingFees, **rest, **CHARGES), LINKS)
    yield "fees_unpaid", ending.fees_unpaid(sent, event(e.FeesUnpaid, **rest), LINKS)
    yield "fees_unpaid-charges", ending.fees_unpaid(sent, event(e.FeesUnpaid, **rest, **CHARGES), LINKS)
    yield "settled-paid", settled(asked, "paid")
    yield "settled-fees_paid", settled(sent, "fees_paid")
    yield "settled-covered", settled(sent, "covered", "300.00")
    yield "settled-charged", settled(sent, "covered", "300.00", costs=Decimal("135.00"), surplus=Decimal("12.50"))
    yield "settled-credited", settled(sent, "credited", surplus=Decimal("400.00"))
    yield "settled-waived", settled(sent, "waived", waived=Decimal("12843.15"))
    ready = {"procedure_version": 9, "outstanding": Decimal("12500.00"), "fees": Decimal("300.00")}
    yield "escalated", ending.escalated(sent, event(e.ProcedureEscalated, **ready), LINKS)
    yield "escalated-case", ending.escalated(sent, event(e.ProcedureEscalated, **(ready | CASE_FOR_COLLECTION)), LINKS)


CASE_FOR_COLLECTION: dict[str, Any] = {
    **CHARGES,
    "outstanding": Decimal("10500.00"),
    "interest_until": TODAY,
    "collection_fee": Decimal("100.00"),
    "amount": Decimal("12500.00"),
    "paid": Decimal("2000.00"),
    "issued_on": date(2026, 2, 2),
    "due_on": date(2026, 2, 16),
    "debtor": e.Debtor(
        customer_number="K-17",
        name="Holm & Søn A/S",
        email="bogholderi@holm.example",
        cvr="87654321",
        address="Havnegade 1",
        postal_code="5000",
        city="Odense C",
    ),
    "reminders": 3,
    "warned_on": date(2026, 2, 16),
    "pay_by": date(2026, 3, 1),
    "disputed": True,
}


def _affairs(asked: Case) -> Iterator[tuple[str, Draft]]:
    portal = "https://rykker.example"
    yield "key_refused", affairs.key_refused(asked.creditor, failed_fetch("key_refused"), portal)
    yield "no_key", affairs.key_refused(asked.creditor, failed_fetch("no_key"), portal)
    for reason in ("old", "failed", "shrunk"):
        waits = event(e.ProcedureHeld, procedure_version=4, reason=reason, fetch_id="f-1", since=NOW)
        yield f"held-{reason}", affairs.held(asked.creditor, waits, portal)
    never = event(e.ProcedureHeld, procedure_version=4, reason="old")
    yield "held-never", affairs.held(asked.creditor, never, portal)
    for paid in (0, 3):
        unmarked = e.PaymentsUnmarked(company=asked.creditor.cvr, fetch_id="f-1", seen=1200, paid=paid)
        yield f"payments_unmarked-{paid}", affairs.payments_unmarked(asked.creditor, unmarked)
    for count in (2, 150):
        found = [
            affairs.Unreadable(number=f"{1000 + n}" if n else "?", reason="amount_vat is 'abc'") for n in range(count)
        ]
        new = e.InvoicesSetAside(company=asked.creditor.cvr, fetch_id="f-1", count=count)
        yield f"set_aside-{count}", affairs.set_aside(asked.creditor, new, found)
    yield from _sampled(asked)
    account = Account(login_id="l-1", email="bog@jensen.example", password_no=0)
    asked_at: dict[str, Any] = {"company": asked.creditor.cvr, "login_id": "l-1", "asked_at": NOW}
    yield "invited", entering.invited(asked.creditor, e.LoginInvited(**asked_at), account, LINKS.invitation)
    yield "forgotten", entering.forgotten(asked.creditor, e.LoginForgotten(**asked_at), account, LINKS.forgotten)
    yield "statement", statement(asked, 6)
    yield "statement-long", statement(asked, 250)


LETTERHEAD = ("Jensen VVS ApS", "Industrivej 4, 5000 Odense C", "Telefon 12 34 56 78")


def headed(of: Case, **changes: Any) -> Case:
    """With a letterhead and a reply address of its company."""
    headed_by = {"letterhead": LETTERHEAD, "reply_to": "debitor@jensen.example"} | changes
    return replace(of, creditor=replace(of.creditor, **headed_by), claim=replace(of.claim, payment_line=""))


def _sampled(asked: Case) -> Iterator[tuple[str, Draft]]:
    """What a company gets to see of its letterhead and its ways of payment; and a debtor's letter that has them."""
    event = e.SampleRequested(company=asked.creditor.cvr, asked_at=NOW)
    chosen = Chosen(fee=Decimal("100.00"), reminders=3, warns=False)
    yield "sample", sampling.sample(asked.creditor, event, chosen, BESIDE)
    fik = headed(asked, fi_creditor="87654321")
    last = replace(chosen, reminders=1, warns=True, fee=Decimal("0.00"))
    yield "sample-letterhead", sampling.sample(fik.creditor, event, last, BESIDE)
    yield "reminder-fik", reminder(fik, 1)
    yield "reminder-bank", reminder(headed(asked, bank_account="1234 0001234567"), 2)


def replace_claim(of: Case, **changes: Any) -> Case:
    return replace(of, claim=replace(of.claim, **changes))
