"""The last look before a letter goes to a debtor: what it says, and what is so. Reads rows; sending.py decides."""

from dataclasses import fields
from typing import Any

from peewee import fn

from common.calendar import local_date
from common.ledger import owed
from common.money import ZERO
from common.tables import Answer, KnownInvoice, LedgerLine, Letter, Objection, Procedure
from notifier.lawful import Charged
from notifier.sending import Demand, Standing
from notifier.words import LONGEST_ADDRESS, plain

GOING_ON = ("start", "stop", "pause", "resume", "waive")  # answers about the procedure
SETTLING = ("cover", "received")  # answers after which nobody asks the debtor for fees

_SAYS = tuple(field.name for field in fields(Demand))


def standing(letter: Letter) -> tuple[Demand, Standing]:
    """Needs a connection."""
    row = Procedure.get_by_id(letter.procedure_id)
    lines = ledger(row)
    kept = sum((line.amount for line in lines if (line.account, line.against) == ("principal", "lost")), ZERO)
    says = Demand(**{name: getattr(letter, name) for name in _SAYS})
    return says, Standing(
        stage=row.stage,
        pending=row.pending,
        kind=row.pending_kind,
        step=row.fee_letters if row.pending_kind == "fee_reminder" else row.step,
        attempt=row.attempt,
        recipient=plain(row.debtor_email, LONGEST_ADDRESS),
        outstanding=max(_known(row) + kept, ZERO),
        charges=owed(lines).charges,
        looked_at=row.looked_at,
        answer=_newest_answer(row),
        unheard=_is_unheard(row, letter.kind),
        is_fee_reversed=letter.kind == "reminder" and _is_reversed(letter),
    )


def charged(letter: Letter) -> Charged:
    """What the law has to say of. Needs a connection."""
    row = Procedure.get_by_id(letter.procedure_id)
    lines, own = ledger(row), (letter.step, letter.attempt) if letter.kind == "reminder" else None
    back = {(line.step, line.attempt) for line in lines if (line.kind, line.account) == ("reversal", "fee")}
    fees = {(line.step, line.attempt): line.amount for line in lines if line.kind == "fee"}
    standing_ = {step: amount for step, amount in fees.items() if step not in back}
    return Charged(
        fee=standing_.pop(own, ZERO) if own else ZERO,
        other_fees=tuple(standing_.values()),
        compensation=sum((x.amount for x in lines if (x.account, x.against) == ("compensation", "charged")), ZERO),
        last_on=_last_on(letter, row),
        is_disputed=row.disputed,
        is_trader=row.debtor_cvr is not None,
    )


def _last_on(letter: Letter, procedure: Any) -> Any:
    """The day on which the newest other letter to the debtor about this claim left, whatever became of it."""
    sent = Letter.select(fn.MAX(Letter.sent_at)).where(
        Letter.procedure_id.in_(_rounds(procedure)), Letter.to_debtor, Letter.id != letter.id
    )
    newest = Letter.sent_at.python_value(sent.scalar())
    return local_date(newest) if newest else None


def _rounds(procedure: Any) -> Any:
    same = (Procedure.company == procedure.company, Procedure.invoice_number == procedure.invoice_number)
    return Procedure.select(Procedure.id).where(*same)


def ledger(procedure: Any) -> list[Any]:
    """The lines of all rounds of its invoice: they are one claim."""
    return list(LedgerLine.select().where(LedgerLine.procedure_id.in_(_rounds(procedure))))


def _known(procedure: Any) -> Any:
    """The principal as the ERP has it; dunning may not have heard of the newest payment."""
    of_invoice = (KnownInvoice.company == procedure.company, KnownInvoice.number == procedure.invoice_number)
    return KnownInvoice.get(*of_invoice).outstanding


def _newest_answer(procedure: Any) -> str | None:
    """Of those that dunning has not heard yet; what it has heard is in the procedure's stage."""
    said = Answer.select(Answer.choice).where(
        Answer.procedure_id == procedure.id, Answer.answer_no > procedure.answer_no, Answer.choice.in_(GOING_ON)
    )
    newest = said.order_by(Answer.answer_no.desc()).first()
    return newest.choice if newest else None


def _is_unheard(procedure: Any, kind: str) -> bool:
    objected = Objection.select().where(
        Objection.procedure_id == procedure.id,
        Objection.objection_no > procedure.objection_no,
        Objection.kind.in_(("dispute", "paid")),
    )
    settled = Answer.select().where(
        Answer.procedure_id == procedure.id,
        Answer.answer_no > procedure.fee_answer_no,
        Answer.choice.in_(SETTLING),
    )
    return objected.exists() or (kind == "fee_reminder" and settled.exists())


def _is_reversed(letter: Letter) -> bool:
    fee = LedgerLine.select().where(
        LedgerLine.procedure_id == letter.procedure_id,
        LedgerLine.kind == "reversal",
        LedgerLine.account == "fee",
        LedgerLine.step == letter.step,
        LedgerLine.attempt == letter.attempt,
    )
    return fee.exists()
