"""Companies, invoices and procedures as the other processes leave them, and a visitor who follows links."""

import re
import warnings
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import msgspec
from starlette.types import ASGIApp, Receive, Scope, Send

from common import clock, db, names
from common.events import Debtor, Invoice
from common.links import AnswerChoice, AnswerLink, ClaimLink, DigestLink, PortalLinks
from common.settings import Settings
from common.tables import Answer, Company, KnownInvoice, LedgerLine, Letter, Notice, Objection, Outbox, Procedure
from decisions.app import application

with warnings.catch_warnings():
    warnings.filterwarnings("ignore", "Using `httpx`")  # starlette would rather have httpx2, which is not in the lock
    from starlette.testclient import TestClient

__all__ = ["TestClient"]  # others find it here, with its warning kept quiet
MONDAY = datetime(2026, 11, 23, 10, tzinfo=UTC)
CVR, OTHER_CVR = "12345674", "10150817"
SETTINGS = Settings(secret="s" * 40, portal_url="http://testserver")


def served(app: ASGIApp) -> ASGIApp:
    """The application as a server has it: starlette's client decodes an address twice, and takes %252F for a slash."""

    async def once(scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path": unquote(scope["raw_path"].decode())}, receive, send)

    return once


def stop_clock(folder: Path, at: datetime = MONDAY) -> None:
    """Business time stands still at `at`."""
    (folder / "clock").write_text(f"{at.isoformat()} 2026-01-01T00:00:00+00:00 0")
    clock.follow(folder / "clock")


def company(cvr: str = CVR, **fields: Any) -> None:
    row = {"cvr": cvr, "name": "Murermester <Holm> & Søn", "email": "bog@holm.dk", "created_at": MONDAY} | fields
    with db.transaction():
        Company.insert(row).execute()


def invoice(number: str = "2041", **fields: Any) -> Invoice:
    debtor = Debtor(customer_number="77", name="Café Ørsted ApS", email="anne@orsted.dk")
    usual: dict[str, Any] = {
        "number": number,
        "sequence": 1,
        "status": "open",
        "issued_on": date(2026, 10, 20),
        "due_on": date(2026, 11, 3),
        "amount": Decimal("12500.00"),
        "paid": Decimal("0.00"),
        "paid_on": None,
        "debtor": debtor,
        "observed_at": MONDAY,
    }
    return Invoice(**(usual | fields))


def known(state: Invoice, cvr: str = CVR, *, asked: bool = True) -> None:
    row = {"company": cvr, "number": state.number, "sequence": state.sequence, "asked": asked, "tracked": asked}
    row |= {"outstanding": state.outstanding, "state": msgspec.to_builtins(state), "due_on": state.due_on}
    row |= {"customer_number": state.debtor.customer_number, "debtor_key": names.key(state.debtor.name)}
    with db.transaction():
        KnownInvoice.delete().where(KnownInvoice.company == cvr, KnownInvoice.number == state.number).execute()
        KnownInvoice.insert(row).execute()


def procedure(stage: str = "awaiting_decision", *, of: Invoice | None = None, cvr: str = CVR, **fields: Any) -> str:
    """A procedure and its invoice; returns its id."""
    state = of or invoice()
    known(state, cvr)
    row = {
        "id": f"p-{state.number}",
        "company": cvr,
        "invoice_number": state.number,
        "round": 1,
        "version": 3,
        "stage": stage,
        "reason": "",
        "sequence": state.sequence,
        "customer_number": "77",
        "debtor_email": state.debtor.email,
        "amount": state.amount,
        "paid": state.paid,
        "due_on": state.due_on,
        "policy": {"fee": "100.00", "reminders": 3, "silence": "start", "days_between": 10},
        "opened_at": MONDAY - timedelta(days=5),
        "answer_no": 0,
        "fee_answer_no": 0,
        "step": 0,
        "attempt": 0,
        "pending": False,
        "unreachable_step": 0,
        "wake_no": 1,
    } | fields
    with db.transaction():
        Procedure.insert(row).execute()
    return str(row["id"])


def fee(procedure_id: str, step: int, kind: str = "fee", amount: str = "100.00") -> None:
    row = {"procedure_id": procedure_id, "company": CVR, "kind": kind, "step": step, "attempt": 0}
    row |= {"amount": Decimal(amount), "booked_on": date(2026, 11, 4), "rule": "§ 9 b"}
    with db.transaction():
        LedgerLine.insert(row).execute()


def line(procedure_id: str, kind: str, amount: str, account: str = "fee", **fields: Any) -> None:
    """A line of the ledger as dunning books it."""
    against = {"principal": "invoiced", "paid": "received", "collected": "direct", "waived": "lost", "covered": "lost"}
    with db.transaction():
        number = LedgerLine.select().count()
        row = {"procedure_id": procedure_id, "company": CVR, "kind": kind, "step": 0, "attempt": 1000 + number}
        row |= {"amount": Decimal(amount), "booked_on": date(2026, 11, 4), "rule": "", "account": account}
        LedgerLine.insert(row | {"against": against.get(kind, "charged")} | fields).execute()


def objection(procedure_id: str, number: int = 1, kind: str = "dispute", **fields: Any) -> None:
    row = {"procedure_id": procedure_id, "company": CVR, "objection_no": number, "kind": kind, "raised_at": MONDAY}
    with db.transaction():
        Objection.insert(row | fields).execute()


def objections() -> list[Any]:
    with db.connection():
        return list(Objection.select().order_by(Objection.procedure_id, Objection.objection_no).dicts())


def letter(procedure_id: str, kind: str, sent_at: datetime, step: int = 0, state: str = "sent", **fields: Any) -> None:
    row = {"id": f"{kind}-{procedure_id}-{step}", "company": CVR, "about": procedure_id, "kind": kind, "step": step}
    row |= {"procedure_id": procedure_id, "recipient": "anne@orsted.dk", "subject": "", "message_id": ""}
    row |= {"to_debtor": kind in ("reminder", "collection_notice", "fee_reminder")}
    row |= {"content": b"", "state": state, "planned_at": sent_at, "sent_at": sent_at}
    with db.transaction():
        Letter.insert(row | fields).execute()
    if kind == "notice":
        in_digest((row | fields)["id"], procedure_id)


def in_digest(letter_id: Any, procedure_id: str, cvr: str = CVR) -> None:
    with db.transaction():
        Notice.insert(procedure_id=procedure_id, company=cvr, fetch_id="f", letter_id=letter_id).execute()


def heard(procedure_id: str, **changes: Any) -> None:
    """Dunning has heard the answers, and moved."""
    with db.transaction():
        Procedure.update(changes).where(Procedure.id == procedure_id).execute()


def answers() -> list[tuple[int, str]]:
    with db.connection():
        return [(row.answer_no, row.choice) for row in Answer.select().order_by(Answer.answer_no)]


def said() -> list[dict[str, Any]]:
    """The data of every event in the outbox."""
    with db.connection():
        return [msgspec.json.decode(row.body) for row in Outbox.select().order_by(Outbox.id)]


class Visitor:
    """Opens links, and presses buttons as a browser would."""

    def __init__(self, settings: Settings = SETTINGS) -> None:
        self.client: httpx.Client = TestClient(
            application(settings), raise_server_exceptions=False, follow_redirects=False
        )
        self.links = PortalLinks(settings)

    def answer_link(self, procedure_id: str, choice: AnswerChoice = "start", cvr: str = CVR) -> str:
        return self.links.answer(AnswerLink(cvr, procedure_id, choice))

    def digest_link(self, letter_id: str, cvr: str = CVR) -> str:
        return self.links.digest(DigestLink(cvr, letter_id))

    def claim_link(self, procedure_id: str, cvr: str = CVR) -> str:
        return self.links.claim(ClaimLink(cvr, procedure_id))

    def open(self, link: str) -> httpx.Response:
        return self.client.get(link)

    def press(self, link: str, choice: str, form: str | None = None) -> httpx.Response:
        """What the button of `choice` sends; also when the page no longer has it."""
        signed = form if form is not None else self.form(link)
        sure = {"sure": "yes"} if choice == "waive" else {}
        return self.client.post(link, data={"choice": choice, "form": signed} | sure)

    def object(self, link: str, kind: str, **fields: str) -> httpx.Response:
        """What the debtor's form of `kind` sends."""
        return self.client.post(link, data={"kind": kind, "form": self.form(link)} | fields)

    def form(self, link: str) -> str:
        from decisions.links import PageLinks

        return PageLinks(SETTINGS).form(link.rsplit("/", 1)[1])


def buttons(page: httpx.Response) -> list[str]:
    """The choices on the page, in order."""
    return re.findall(r'name="choice" value="(\w+)"', page.text)
