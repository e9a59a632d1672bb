"""Invoices that the company was not asked about, and its word that they be dunned: "Ryk denne faktura"."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from typing import Literal

from common import bulk, db, outbox
from common.calendar import local_date
from common.events import InvoicePicked
from common.links import AnswerLink
from common.money import ZERO
from common.tables import Answer, Company, KnownInvoice, Objection, Pick, Procedure
from decisions import queries, store
from decisions.standing import OVER, Standing

Way = Literal[
    "pick",
    "start",
    "picked",
    "coming",
    "going_on",
    "not_yet",
    "disputed",
    "over",
    "nothing_owed",
    "never_dunned",
    "unknown",
]
CAN: tuple[Way, ...] = ("pick", "start")  # something comes of it
MOST = 100  # that can be picked at once
HEARD_WITHIN = timedelta(hours=1)  # business time; a pick that nobody has heard of by then may be made anew


@dataclass(frozen=True, kw_only=True)
class Seen:
    """An invoice of the company, with its newest procedure and what was said of that."""

    invoice: KnownInvoice
    procedure: Procedure | None = None
    answers: list[Answer] = field(default_factory=list)
    is_disputed: bool = False
    pick: Pick | None = None  # the last one


def way(seen: Seen | None, company: Company, now: datetime) -> Way:
    """What the company's word for this invoice comes to. Nobody was asked about it: "pick"; it waits for an answer,
    asked for or not: "start", the very same as that answer; all others say why it comes to nothing.

    A company that pauses is asked nothing, so each invoice waits for it. Its word outweighs its smallest amount, but
    not its list of customers who are never dunned, nor a dispute, nor a stop: those it takes back where it said so.
    """
    if seen is None:
        return "unknown"
    if seen.invoice.outstanding == ZERO:
        return "nothing_owed"
    if seen.procedure is not None:
        return _of_procedure(seen, seen.procedure, company, local_date(now))
    if seen.pick and (seen.invoice.asked or seen.pick.picked_at > now - HEARD_WITHIN):
        return "picked"
    if seen.invoice.customer_number in company.never_dunned:
        return "never_dunned"
    return "coming" if seen.invoice.asked else "pick"


def _of_procedure(seen: Seen, procedure: Procedure, company: Company, today: date) -> Way:
    due_on = queries.read_invoice(seen.invoice.state).due_on
    standing: Standing = queries.stands(procedure, seen.invoice.outstanding, due_on, seen.answers, today)
    if standing.stage != "awaiting_decision":
        return "over" if standing.stage in OVER else "going_on"
    if procedure.customer_number in company.never_dunned:
        return "never_dunned"
    if seen.is_disputed:
        return "disputed"
    return "start" if standing.is_overdue else "not_yet"


# --- reads -----------------------------------------------------------------------------------------------------------
def ways(company: Company, numbers: Collection[str], now: datetime) -> dict[str, Way]:
    """By number, in the order given; a few queries for all of them. Needs a connection."""
    found = _seen(company.cvr, numbers)
    return {number: way(found.get(number), company, now) for number in numbers}


def _seen(cvr: str, numbers: Collection[str]) -> dict[str, Seen]:
    known = KnownInvoice.select().where(KnownInvoice.company == cvr, bulk.among(KnownInvoice.number, numbers))
    rounds = Procedure.select().where(Procedure.company == cvr, bulk.among(Procedure.invoice_number, numbers))
    newest = {row.invoice_number: row for row in rounds.order_by(Procedure.round)}
    answers, disputed = queries.answers_of([row.id for row in newest.values()]), _disputed(newest.values())
    picks = Pick.select().where(Pick.company == cvr, bulk.among(Pick.number, numbers)).order_by(Pick.pick_no)
    picked = {row.number: row for row in picks}
    seen = {row.number: Seen(invoice=row, pick=picked.get(row.number)) for row in known}
    for number, row in newest.items():
        if number in seen:
            is_disputed = row.id in disputed
            seen[number] = replace(seen[number], procedure=row, answers=answers[row.id], is_disputed=is_disputed)
    return seen


def _disputed(procedures: Collection[Procedure]) -> set[str]:
    """Those that their debtor disputes, whether dunning has heard of it or not."""
    heard = {row.id: row.objection_no for row in procedures}
    disputed = {row.id for row in procedures if row.disputed}
    said = Objection.select().where(bulk.among(Objection.procedure_id, heard)).order_by(Objection.objection_no)
    for one in said:
        if one.objection_no > heard[one.procedure_id]:
            disputed |= {one.procedure_id} if one.kind == "dispute" else set()
            disputed -= {one.procedure_id} if one.kind == "withdraw" else set()
    return disputed


# --- writes ----------------------------------------------------------------------------------------------------------
def take(company: Company, numbers: Collection[str], now: datetime, by: str) -> dict[str, Way]:
    """The company's word for each of these; what came of it, by number. "pick" and "start" have been done.

    Two people at once take turns: the second one is told what the first one did.
    """
    with db.transaction():
        db.alone(f"pick/{company.cvr}")
        _take_turns(company.cvr, numbers)
        found = _seen(company.cvr, numbers)
        taken = {number: way(found.get(number), company, now) for number in numbers}
        for number, chosen in taken.items():
            if chosen == "pick":
                _pick(company.cvr, found[number], now, by)
            elif chosen == "start" and (procedure := found[number].procedure):
                store.answer(AnswerLink(company.cvr, procedure.id, "start"), "start", now, by)
    return taken


def _take_turns(cvr: str, numbers: Collection[str]) -> None:
    """With whoever answers, and with dunning, which locks them in the same order."""
    mine = Procedure.select(Procedure.id).where(Procedure.company == cvr, bulk.among(Procedure.invoice_number, numbers))
    list(db.locked(mine.order_by(Procedure.id)))


def _pick(cvr: str, seen: Seen, now: datetime, by: str) -> None:
    number, pick_no = seen.invoice.number, seen.pick.pick_no + 1 if seen.pick else 1
    Pick.insert(company=cvr, number=number, pick_no=pick_no, picked_at=now, by=by).execute()
    outbox.add(InvoicePicked(company=cvr, invoice_number=number, pick_no=pick_no, picked_at=now))
