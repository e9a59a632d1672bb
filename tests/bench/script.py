"""The bare loop for `mail`: one script that does the same durable work without queues.

It prints its seconds, and those of its CPU.

Per company: fetch page by page, each page's invoices, procedures and events committed; the letters planned with their
bytes and committed; sent over one kept connection; marked sent and committed. The rules, the templates, the ERP's
reader and the mailer are the product's own.
"""

import sys
import time
from dataclasses import fields
from datetime import datetime
from typing import Any
from uuid import uuid4

import msgspec
from peewee import chunked

from common import clock, db, outbox
from common import events as e
from common.boot import start
from common.links import PortalLinks
from common.money import ZERO
from common.secrets import Vault
from common.settings import Settings
from common.tables import Company, FetchRun, KnownInvoice, LedgerLine, Letter, Notice, Table
from common.tables import Procedure as ProcedureRow
from dunning import opening
from dunning.charges import Law
from dunning.ledger import Line
from dunning.letters import notice_sent
from dunning.policy import Policy
from dunning.prices import Prices
from dunning.procedure import Procedure
from dunning.rates import Rates
from fetcher import overdue, pages
from fetcher.erp import Invoice
from fetcher.ordrestyring import Ordrestyring
from notifier.batches import MOST_SINGLE
from notifier.cases import creditor
from notifier.facts import Case, Claim, Creditor
from notifier.letters import asking
from notifier.letters.draft import Draft
from notifier.mailer import Mailer
from notifier.writing import Writer, Written

ROWS = 500  # a statement
Opened = list[tuple[e.Invoice, Procedure]]
Planned = list[tuple[Written, list[Procedure]]]
LAW = Law(rates=Rates(), prices=Prices())
_COLUMNS = [field.name for field in fields(Procedure) if field.name not in ("ledger", "news", "policy")]


class Script:
    def __init__(self, settings: Settings) -> None:
        self.settings, self.vault = settings, Vault(settings.secret)
        self.mailer = Mailer(settings.smtp_url, settings.mail_from, settings.smtp_timeout)
        self.writer = Writer(settings.mail_from, settings.portal, PortalLinks(settings))

    def company(self, company: Company) -> None:
        fetch_id, began_at = str(uuid4()), clock.business_now()
        opened = self.fetch(company, fetch_id)
        with db.transaction():
            counted: dict[str, Any] = {"seen": len(opened), "overdue": len(opened), "found": 0, "set_aside": 0}
            run = {"fetch_id": fetch_id, "company": company.cvr, "state": "finished", "began_at": began_at}
            FetchRun.insert(run | counted | {"ended_at": clock.business_now()}).execute()
            outbox.add(e.FetchFinished(company=company.cvr, fetch_id=fetch_id, began_at=began_at, **counted))
        planned = self.plan(creditor(company.cvr), opened, fetch_id)
        for written, _ in planned:
            self.mailer.send(written.draft.recipient, written.content)
        _mark_sent(planned)

    def fetch(self, company: Company, fetch_id: str) -> Opened:
        key = self.vault.unlock(str(company.api_key))
        erp = Ordrestyring(self.settings.erp_url, key, self.settings.time_limit.total_seconds())
        cutoff = overdue.cutoff(clock.today(), company.wait_days)
        terms = overdue.Terms(cutoff, cutoff.replace(year=cutoff.year - 1), None)
        policy, cursor, found = Policy.read(company.__data__), pages.START, []
        while cursor:
            reading = pages.read(erp, cursor, terms, lambda *_: [])
            found += self.open(company.cvr, fetch_id, reading, terms, policy)
            cursor = reading.then or ""
        return found

    def open(self, cvr: str, fetch_id: str, reading: pages.Reading, terms: overdue.Terms, policy: Policy) -> Opened:
        """One page: what is overdue, its procedures, and what is to be said of both; committed."""
        now, opened, news = clock.business_now(), [], []
        for row in reading.rows:
            assert isinstance(row, Invoice)
            known, kind = overdue.first_sight(row, reading.debtors.get(row.customer_number), now, terms)
            assert known is not None
            assert kind is not None
            event = kind(company=cvr, invoice=known.invoice, fetch_id=fetch_id)
            procedure = opening.opened(event, policy, None, now, LAW)
            opened.append((known.invoice, procedure))
            news += [event, *procedure.news]
        with db.transaction():
            _insert(KnownInvoice, [_known(cvr, fetch_id, invoice) for invoice, _ in opened])
            _insert(ProcedureRow, [_procedure(procedure) for _, procedure in opened])
            _insert(LedgerLine, [_line(procedure, line) for _, procedure in opened for line in procedure.ledger])
            outbox.add(*news)
        return opened

    def plan(self, of: Creditor, opened: Opened, fetch_id: str) -> Planned:
        """The letters' bytes, and which procedures each is about; committed."""
        now, found = clock.business_now(), [(Case(creditor=of, claim=_claim(*one)), one[1]) for one in opened]
        drafts = self.drafts(found, fetch_id)
        planned = [(self.writer.write(draft, clock.real_now()), about) for draft, about in drafts]
        with db.transaction():
            _insert(Letter, [_letter(written, now) for written, _ in planned])
            _insert(Notice, [_notice(written, fetch_id, one) for written, about in planned for one in about])
            outbox.add(*[_planned(written) for written, _ in planned])
        return planned

    def drafts(self, found: list[tuple[Case, Procedure]], fetch_id: str) -> list[tuple[Draft, list[Procedure]]]:
        """One digest, or one by one."""
        today, links = clock.today(), self.writer.links
        if len(found) <= MOST_SINGLE:
            return [(asking.notice(case, links, today), [procedure]) for case, procedure in found]
        batch = asking.Batch(
            id=fetch_id,
            attempt=0,
            first=[case for case, _ in found[: asking.LISTED]],
            count=len(found),
            outstanding=sum((case.claim.outstanding for case, _ in found), ZERO),
        )
        return [(asking.digest(batch, links, today), [procedure for _, procedure in found])]


def _mark_sent(planned: Planned) -> None:
    now, events, after = clock.business_now(), [], []
    for written, about in planned:
        for before in about:
            events.append(_sent(written, before, now))
            after.append(notice_sent(before, events[-1]))
    with db.transaction():
        for part in chunked([written.draft.id for written, _ in planned], ROWS):
            Letter.update(state="sent", sent_at=now, version=1, try_at=None).where(Letter.id.in_(part)).execute()
        woken = {"version": 2} | {name: getattr(after[0], name) for name in ("notified_on", "wake_at", "wake_no")}
        for part in chunked([procedure.id for procedure in after], ROWS):
            ProcedureRow.update(woken).where(ProcedureRow.id.in_(part)).execute()
        outbox.add(*events)


def _insert(table: type[Table], rows: list[dict[str, Any]]) -> None:
    for part in chunked(rows, ROWS):
        table.insert_many(part).execute()


def _known(cvr: str, fetch_id: str, invoice: e.Invoice) -> dict[str, Any]:
    return {
        "company": cvr,
        "number": invoice.number,
        "sequence": invoice.sequence,
        "asked": True,
        "tracked": True,
        "fetch_id": fetch_id,
        "outstanding": invoice.outstanding,
        "state": msgspec.to_builtins(invoice),
    }


def _procedure(procedure: Procedure) -> dict[str, Any]:
    values = {name: getattr(procedure, name) for name in _COLUMNS}
    return values | {"version": 1, "policy": msgspec.to_builtins(procedure.policy)}


def _line(procedure: Procedure, line: Line) -> dict[str, Any]:
    return {"procedure_id": procedure.id, "company": procedure.company, **vars(line)}


def _claim(invoice: e.Invoice, procedure: Procedure) -> Claim:
    return Claim(
        procedure_id=procedure.id,
        number=invoice.number,
        debtor=invoice.debtor.name,
        email=procedure.debtor_email,
        amount=invoice.amount,
        outstanding=invoice.outstanding,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        payment_line=invoice.payment_line,
    )


def _letter(written: Written, now: datetime) -> dict[str, Any]:
    draft = written.draft
    return {
        "id": draft.id,
        "company": draft.creditor.cvr,
        "about": draft.about,
        "kind": draft.kind,
        "procedure_id": draft.procedure_id,
        "recipient": draft.recipient,
        "subject": written.subject,
        "message_id": written.message_id,
        "content": written.content,
        "outstanding": draft.outstanding,
        "planned_at": now,
        "try_at": now,
    }


def _notice(written: Written, fetch_id: str, about: Procedure) -> dict[str, Any]:
    return {"procedure_id": about.id, "company": about.company, "fetch_id": fetch_id, "letter_id": written.draft.id}


def _planned(written: Written) -> e.LetterPlanned:
    draft = written.draft
    return e.LetterPlanned(company=draft.creditor.cvr, letter_id=draft.id, kind=draft.kind, attempt=0)


def _sent(written: Written, about: Procedure, now: datetime) -> e.LetterSent:
    return e.LetterSent(
        company=about.company,
        letter_id=written.draft.id,
        letter_version=1,
        kind=written.draft.kind,
        procedure_id=about.id,
        invoice_number=about.invoice_number,
        sent_at=now,
    )


def main() -> None:
    settings = start("script")
    script = Script(settings)
    with db.connection():
        companies = list(Company.select().order_by(Company.cvr))
    began, began_cpu = time.perf_counter(), time.process_time()
    for company in companies:
        script.company(company)
    sys.stdout.write(f"{time.perf_counter() - began} {time.process_time() - began_cpu}\n")


if __name__ == "__main__":
    main()
