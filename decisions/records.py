"""Reads: what is on record of a claim, whoever looks at it."""

from common.tables import LedgerLine, Letter, Notice, Objection, Procedure


def ledger(procedure: Procedure) -> list[LedgerLine]:
    """The lines of all rounds of its invoice, in the order in which they were booked."""
    own = (Procedure.company == procedure.company) & (Procedure.invoice_number == procedure.invoice_number)
    rounds = Procedure.select(Procedure.id).where(own)
    return list(LedgerLine.select().where(LedgerLine.procedure_id.in_(rounds)).order_by(LedgerLine.id))


def objections(procedure_id: str) -> list[Objection]:
    """Oldest first."""
    of_procedure = Objection.select().where(Objection.procedure_id == procedure_id)
    return list(of_procedure.order_by(Objection.objection_no))


def letters(procedure: Procedure) -> list[Letter]:
    """What was sent about it: the mail that asked, and the letters to the debtor, be it that they came back."""
    asking = Notice.select(Notice.letter_id).where(Notice.procedure_id == procedure.id)
    reminding = (Letter.procedure_id == procedure.id) & Letter.to_debtor
    shown = Letter.select(Letter.kind, Letter.step, Letter.recipient, Letter.sent_at, Letter.state)
    sent = shown.where(Letter.state.in_(("sent", "bounced")), reminding | Letter.id.in_(asking))
    return [letter for letter in sent.order_by(Letter.sent_at) if letter.sent_at]
