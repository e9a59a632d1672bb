"""Our own rows, as the judge wants them: the only reader of the database and the queues here."""

from collections.abc import Callable
from typing import Any, TypeVar

from peewee import InterfaceError, Model, OperationalError

from common import db, publisher, topology
from common.settings import BrokerAddress
from common.tables import Company, FailedMessage, LedgerLine, Letter, Notice, Outbox, Procedure
from deploy.reports.refused import not_asked
from tests.chaos.facts import FailedRow, FeeRow, LetterRow, LineRow, OutboxRow, ProcedureRow, QuestionRow

R = TypeVar("R")
NO_PROCEDURE = ""


def procedures() -> list[ProcedureRow]:
    return _all(
        Procedure,
        lambda row: ProcedureRow(
            id=row.id,
            invoice=row.invoice_number,
            round=row.round,
            stage=row.stage,
            reason=row.reason,
            wake_at=row.wake_at,
        ),
    )


def fees() -> list[FeeRow]:
    of_fees = LedgerLine.kind.in_(("fee", "reversal")) & (LedgerLine.account == "fee")
    with db.connection():
        lines = LedgerLine.select().where(of_fees).order_by(LedgerLine.id)
        return [FeeRow(row.procedure_id, row.kind, row.step, row.attempt) for row in lines]


def lines() -> list[LineRow]:
    """Of all rounds of every invoice, as they were booked."""
    joined: Any = LedgerLine.select(LedgerLine, Procedure.invoice_number).join(
        Procedure, on=(Procedure.id == LedgerLine.procedure_id), attr="of"
    )
    with db.connection():
        return [
            LineRow(
                invoice=row.of.invoice_number,
                kind=row.kind,
                account=row.account,
                against=row.against,
                amount=row.amount,
                step=row.step,
                attempt=row.attempt,
                event=row.event,
                value_on=row.value_on,
            )
            for row in joined.order_by(LedgerLine.id)
        ]


def letters() -> list[LetterRow]:
    return _all(
        Letter,
        lambda row: LetterRow(
            id=row.id,
            message_id=row.message_id,
            procedure=row.procedure_id or NO_PROCEDURE,
            kind=row.kind,
            state=row.state,
            step=row.step,
            attempt=row.attempt,
            reason=row.reason,
            to_debtor=row.to_debtor,
        ),
    )


def questions() -> list[QuestionRow]:
    return _all(Notice, lambda row: QuestionRow(row.procedure_id, row.letter_id))


def choices() -> dict[tuple[str, str], str]:
    """What companies have chosen, as they would type it."""
    with db.connection():
        firms = list(Company.select())
    fees = {(firm.cvr, "fee"): f"{firm.fee:.0f}" for firm in firms}
    return fees | {(firm.cvr, "letterhead"): firm.letterhead for firm in firms}


def shown() -> set[str]:
    """The invoices that an operator is told of, because their company was not asked."""
    with db.connection():
        return {number for company in not_asked() for number in company.invoices}


def outbox() -> list[OutboxRow]:
    return _all(Outbox, lambda row: OutboxRow(row.event_id, row.type, row.at, row.published_at is not None))


def failed() -> list[FailedRow]:
    return _all(FailedMessage, lambda row: FailedRow(row.id, row.queue, row.type, row.cause, row.state, row.event_id))


def is_reminder_under_way() -> bool:
    """Whether a notifier says that it is just sending one; False too while the database is away."""
    sending = Letter.select().where(Letter.state == "sending", Letter.to_debtor)
    try:
        with db.connection():
            return bool(sending.exists())
    except (OperationalError, InterfaceError):
        db.handle.close_all()  # connections from before the server's restart
        return False


def queues(address: BrokerAddress) -> dict[str, int]:
    """How many messages wait in each of our queues: those that a consumer holds unacknowledged don't count."""
    with publisher.connected(address) as channel:
        names = [queue.name for queue in topology.queues()]
        return {name: channel.queue_declare(name, passive=True).message_count for name in names}


def _all(table: type[Model], row: Callable[[Any], R]) -> list[R]:
    with db.connection():
        return [row(found) for found in table.select().order_by(table._meta.primary_key)]
