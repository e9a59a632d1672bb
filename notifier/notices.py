"""What is to be written to a company now: a letter for each question, or one digest of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from peewee import fn

from common import bulk, db
from common import events as e
from common.tables import KnownInvoice, Letter, Notice, NoticeBatch, Procedure
from notifier import batches, cases
from notifier.facts import Case
from notifier.letters.asking import LISTED, Batch

FREE = """ON CONFLICT (procedure_id) DO UPDATE SET letter_id = excluded.letter_id
    WHERE notice.letter_id IS NULL RETURNING procedure_id"""  # all of them are there; only their letter is new


class Overtaken(Exception):
    """Another worker wrote some of these notices; what is left is looked at again."""


@dataclass(frozen=True)
class Waiting:
    """The notices of a batch that are to be written now, as one digest or one by one."""

    procedure_ids: Sequence[str]
    digest: Batch | None
    singles: Sequence[Case]
    asked_before: Counter[str] = field(default_factory=Counter)  # procedure id: how many notices were refused


def waiting(event: e.NoticesDue) -> Waiting:
    with db.connection():
        batch = NoticeBatch.get_by_id(event.fetch_id)
        ids = _waiting_ids(event.fetch_id)
        if len(ids) > batches.MOST_SINGLE or (len(ids) > 1 and batches.waiting_for_all([batch])):
            return Waiting(ids, _digest(batch, ids), ())
        return Waiting(ids, None, _cases(event.company, ids), _asked_before(ids))


def _waiting_ids(fetch_id: str) -> list[str]:
    """Notices that are in no letter, and whose question is still open."""
    asked = Procedure.select(Procedure.id).join(Notice, on=Notice.procedure_id == Procedure.id)
    mine = asked.where(Notice.fetch_id == fetch_id, Notice.letter_id.is_null(), Procedure.stage == "awaiting_decision")
    return [row.id for row in mine.order_by(Procedure.due_on, Procedure.invoice_number)]


def _asked_before(ids: Sequence[str]) -> Counter[str]:
    earlier = Letter.select(Letter.about).where(bulk.among(Letter.about, ids), Letter.kind == "notice")
    return Counter(row.about for row in earlier)


def _digest(batch: NoticeBatch, ids: Sequence[str]) -> Batch:
    before = Letter.select().where(Letter.about == batch.fetch_id, Letter.kind == "digest")
    return Batch(
        id=batch.fetch_id,
        attempt=int(before.count()),
        first=_cases(batch.company, ids[:LISTED]),
        count=len(ids),
        outstanding=_outstanding(ids),
    )


def _cases(company: str, ids: Sequence[str]) -> list[Case]:
    creditor, rows = cases.creditor(company), cases.with_invoices(bulk.among(Procedure.id, ids))
    return [Case(creditor=creditor, claim=cases.claim(row)) for row in rows]


def _outstanding(ids: Sequence[str]) -> Decimal:
    known = (KnownInvoice.company == Procedure.company) & (KnownInvoice.number == Procedure.invoice_number)
    oere: Any = fn.SUM(KnownInvoice.outstanding).coerce(False)  # a function doesn't know the field's kroner
    total = Procedure.select(oere).join(KnownInvoice, on=known).where(bulk.among(Procedure.id, ids)).scalar()
    return Decimal(int(total or 0)).scaleb(-2)


def take(found: Waiting, letter_of: dict[str, str], company: str, fetch_id: str) -> None:
    """Puts the notices into their letters, in the caller's transaction. Raises Overtaken."""
    batches.lock(fetch_id, company)
    taken = [
        {"procedure_id": procedure_id, "company": company, "fetch_id": fetch_id, "letter_id": letter_of[procedure_id]}
        for procedure_id in found.procedure_ids
    ]
    if len(bulk.insert(Notice, taken, FREE)) != len(taken):
        raise Overtaken(Overtaken.__doc__)
