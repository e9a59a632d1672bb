"""Reads: one invoice with all that its page shows, every round of it; as many queries whatever it went through."""

from datetime import date
from typing import Any

import msgspec

from common.storable import LONGEST_TEXT
from common.tables import (
    Answer,
    Company,
    FetchRun,
    KnownInvoice,
    LedgerLine,
    Letter,
    LetterDecision,
    Objection,
    Outbox,
    Pick,
    Procedure,
    SetAside,
)
from decisions import queries, records
from decisions.life import Life, Told
from decisions.queries import NotFound

MOST_EVENTS = 200  # of the log; an invoice that is dunned to the end has about thirty
TOLD = (  # types of events that the page tells; what rows tell better is left out
    "invoice.changed",
    "invoice.credited",
    "invoice.withdrawn",
    "invoice.reopened",
    "invoice.paid",
    "invoice.partly_paid",
    "invoice.overdue",
    "invoice.checked",
    "invoice.check_failed",
    "procedure.started",
    "procedure.resumed",
    "procedure.held",
    "procedure.settled",
    "procedure.cancelled",
    "procedure.escalated",
    "procedure.collecting_fees",
    "fees.unpaid",
    "debtor.unreachable",
    "policy.adopted",
)


def life(company: Company, number: str, today: date) -> Life:
    """Raises NotFound for what was never fetched for this company."""
    known, set_aside, rounds = _found(company.cvr, number)
    ids = [procedure.id for procedure in rounds]
    invoice = queries.read_invoice(known.state) if known else None
    answers, objections = _said(Answer, ids), _said(Objection, ids)
    lines: Any = LedgerLine.select().where(LedgerLine.procedure_id.in_(ids)).order_by(LedgerLine.id)
    ledger = records.completed(list(lines), invoice) if invoice and ids else []
    letters = records.mails(ids)
    case = None
    if rounds and known:
        own = rounds[-1].id
        case = queries.built(
            rounds[-1],
            company,
            known,
            today,
            answers=sorted((one for one in answers if one.procedure_id == own), key=lambda one: one.answer_no),
            objections=sorted((one for one in objections if one.procedure_id == own), key=lambda one: one.objection_no),
            ledger=ledger,
            letters=[letter for letter in letters if letter.state in ("sent", "bounced")],
        )
    return Life(
        company=company,
        number=number,
        known=known,
        invoice=invoice,
        set_aside=set_aside,
        seen_by=FetchRun.get_or_none(FetchRun.fetch_id == known.fetch_id) if known else None,
        case=case,
        rounds=rounds,
        ledger=ledger,
        answers=answers,
        objections=objections,
        letters=letters,
        decisions=_decisions(letters),
        picks=list(Pick.select().where(Pick.company == company.cvr, Pick.number == number).order_by(Pick.pick_no)),
        told=_told(company.cvr, number, ids),
    )


def letter(company: Company, number: str, letter_id: str) -> Letter:
    """With its bytes. Raises NotFound, also for a letter about another invoice, or another company's."""
    _, _, rounds = _found(company.cvr, number)
    this = (Letter.id == letter_id) & (Letter.company == company.cvr)
    found = Letter.select().where(this, records.about([procedure.id for procedure in rounds])).first()
    if found is None:
        raise NotFound(NotFound.__doc__)
    return found  # type: ignore[no-any-return]


def _found(company: str, number: str) -> tuple[KnownInvoice | None, SetAside | None, list[Procedure]]:
    """Raises NotFound."""
    if len(number) > LONGEST_TEXT or "\0" in number:
        raise NotFound(NotFound.__doc__)
    known = KnownInvoice.get_or_none(KnownInvoice.company == company, KnownInvoice.number == number)
    set_aside = SetAside.get_or_none(SetAside.company == company, SetAside.number == number)
    rounds = Procedure.select().where(Procedure.company == company, Procedure.invoice_number == number)
    found = list(rounds.order_by(Procedure.round)) if known else []
    if not (known or set_aside):
        raise NotFound(NotFound.__doc__)
    return known, set_aside, found


def _said(table: Any, ids: list[str]) -> list[Any]:
    """Answers or objections of all rounds, oldest first."""
    number, at = (table.answer_no, table.answered_at) if table is Answer else (table.objection_no, table.raised_at)
    return list(table.select().where(table.procedure_id.in_(ids)).order_by(at, table.procedure_id, number))


def _decisions(letters: list[Letter]) -> list[LetterDecision]:
    ids = [letter.id for letter in letters if letter.to_debtor]
    made = LetterDecision.select().where(LetterDecision.letter_id.in_(ids))
    return list(made.order_by(LetterDecision.decided_at, LetterDecision.letter_id, LetterDecision.decision_no))


def _told(company: str, number: str, ids: list[str]) -> list[Told]:
    """The newest of what was said of the invoice and its procedures, oldest first."""
    subjects = [f"invoice/{number}", *(f"procedure/{id_}" for id_ in ids)]
    said = Outbox.select(Outbox.event_id, Outbox.added_at, Outbox.type, Outbox.body).where(
        Outbox.company == company, Outbox.subject.in_(subjects), Outbox.type.in_(TOLD)
    )
    rows = list(said.order_by(Outbox.id.desc()).limit(MOST_EVENTS))
    return [
        Told(id=row.event_id, at=row.added_at, type=row.type, says=msgspec.json.decode(row.body).get("data") or {})
        for row in rows[::-1]
    ]
