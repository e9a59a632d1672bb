"""What `rykker invoice` tells: the whole life of one invoice."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.ledger import owed
from common.money import ZERO
from common.tables import Answer, KnownInvoice, LedgerLine, Procedure, SetAside
from decisions import records
from deploy.reports.history import Said, history
from deploy.reports.words import stage_in_words

_ROUND = ("id", "round", "stage", "reason", "opened_at", "last_reminder_on", "warned_on", "disputed")


class UnknownInvoice(Exception):
    """Nothing is known of this invoice."""


@dataclass(frozen=True, kw_only=True)
class Booked:
    """A line of the ledger: `account` is debited, `against` credited. It counts from `value_on`, else from its day."""

    booked_on: date
    value_on: date | None
    kind: str
    step: int
    account: str
    against: str
    amount: Decimal
    rule: str
    event: str


@dataclass(frozen=True, kw_only=True)
class Mailed:
    """A letter about the invoice, and what became of it."""

    id: str
    kind: str
    step: int
    to: str
    state: str
    planned_at: datetime
    sent_at: datetime | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """What the company answered; the highest number counts."""

    answer_no: int
    choice: str
    answered_at: datetime


@dataclass(frozen=True, kw_only=True)
class Round:
    """One dunning procedure. `next_at` is when it is looked at again; `ledger` is what was booked in this round."""

    id: str
    round: int
    stage: str
    reason: str
    in_words: str
    opened_at: datetime
    next_at: datetime | None
    reminders_sent: int
    last_reminder_on: date | None
    warned_on: date | None
    disputed: bool
    ledger: list[Booked]
    answers: list[Answered]


@dataclass(frozen=True, kw_only=True)
class InvoiceLife:
    """Everything that `rykker invoice` shows. `invoice` is what the ERP said last, None for one that can't be read.

    Fees, interest and compensation are what the ledger of all rounds says that the debtor owes of them, `surplus` what
    is owed to him, `costs` what the portal charged the company.
    """

    company: str
    company_name: str
    number: str
    in_words: str
    next_at: datetime | None
    outstanding: Decimal
    fees: Decimal
    interest: Decimal
    compensation: Decimal
    surplus: Decimal
    costs: Decimal
    invoice: Any
    set_aside: str | None
    procedures: list[Round]
    letters: list[Mailed]
    history: list[Said]


def invoice(company: dict[str, Any], number: str) -> InvoiceLife:
    """The whole life of one invoice, oldest round first. Needs a connection. Raises UnknownInvoice."""
    known = KnownInvoice.get_or_none(company=company["cvr"], number=number)
    aside = SetAside.get_or_none(company=company["cvr"], number=number)
    of_invoice = Procedure.select().where(Procedure.company == company["cvr"], Procedure.invoice_number == number)
    rounds = list(of_invoice.order_by(Procedure.round))
    if not (known or aside or rounds):
        raise UnknownInvoice(f"{company['name']} ({company['cvr']}) has no invoice {number!r} that was ever fetched")
    letters = _letters(rounds)
    procedures = [_round(row) for row in rounds]
    lines = [line for round_ in procedures for line in round_.ledger]
    owes, written_off = owed(lines), -owed(line for line in lines if line.against == "lost").principal
    return InvoiceLife(
        company=company["cvr"],
        company_name=company["name"],
        number=number,
        in_words=procedures[-1].in_words if procedures else _without_procedure(known),
        next_at=procedures[-1].next_at if procedures else None,
        outstanding=max(_outstanding(known, rounds) - written_off, ZERO),
        fees=owes.fee,
        interest=owes.interest,
        compensation=owes.compensation,
        surplus=-owes.surplus,
        costs=owes.company,
        invoice=known.state if known else None,
        set_aside=aside.reason if aside else None,
        procedures=procedures,
        letters=letters,
        history=history(company["cvr"], number, [row.id for row in rounds], [letter.id for letter in letters]),
    )


def _without_procedure(known: Any) -> str:
    if known is None:
        return "set aside: it could not be read"
    return "not overdue long enough" if known.asked else "found, not asked: too old when the company began"


def _outstanding(known: Any, rounds: Sequence[Any]) -> Decimal:
    if known:
        return known.outstanding  # type: ignore[no-any-return]
    return max(rounds[-1].amount - rounds[-1].paid, ZERO) if rounds else ZERO


def _round(row: Any) -> Round:
    lines = LedgerLine.select().where(LedgerLine.procedure_id == row.id).order_by(LedgerLine.id)
    ledger = [_booked(line) for line in lines]
    return Round(
        **{name: getattr(row, name) for name in _ROUND},
        in_words=stage_in_words(row),
        next_at=row.wake_at,
        reminders_sent=row.step,
        ledger=ledger,
        answers=_answers(row.id),
    )


def _booked(row: Any) -> Booked:
    return Booked(**{field.name: getattr(row, field.name) for field in fields(Booked)})


def _answers(procedure_id: str) -> list[Answered]:
    rows = Answer.select().where(Answer.procedure_id == procedure_id).order_by(Answer.answer_no)
    return [Answered(answer_no=row.answer_no, choice=row.choice, answered_at=row.answered_at) for row in rows]


def _letters(rounds: Sequence[Any]) -> list[Mailed]:
    """Those about its procedures, and the digests that asked about them."""
    return [_mailed(row) for row in records.mails([row.id for row in rounds])]


def _mailed(row: Any) -> Mailed:
    names = ("id", "kind", "step", "state", "planned_at", "sent_at", "reason")
    return Mailed(to=row.recipient, **{name: getattr(row, name) for name in names})
