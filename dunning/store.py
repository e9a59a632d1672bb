"""The procedures in the database: lock, save. `save` alone sets timers."""

from dataclasses import fields
from typing import Any

import msgspec

from common import db, outbox
from common.events import ProcedureDue
from common.tables import Company, LedgerLine
from common.tables import Procedure as Row
from dunning.fees import Line
from dunning.policy import Policy
from dunning.procedure import Procedure

_ELSEWHERE = ("ledger", "news", "policy")
_COLUMNS = tuple(field.name for field in fields(Procedure) if field.name not in _ELSEWHERE)


class NoSuchProcedure(Exception):
    """The message names a procedure that is not there."""


def lock(procedure_id: str) -> Procedure:
    """The procedure, locked until the transaction ends. Raises NoSuchProcedure."""
    row = db.locked(Row.select().where(Row.id == procedure_id)).first()
    if row is None:
        raise NoSuchProcedure(f"{NoSuchProcedure.__doc__} {procedure_id}")
    return _procedure(row)


def lock_newest(company: str, invoice_number: str) -> Procedure | None:
    """The newest round of this invoice's dunning, locked until the transaction ends."""
    of_invoice = Row.select().where(Row.company == company, Row.invoice_number == invoice_number)
    row = db.locked(of_invoice.order_by(Row.round.desc()).limit(1)).first()
    return _procedure(row) if row else None


def policy_of(company: str) -> Policy:
    """What the company chooses today."""
    return Policy.read(Company.get_by_id(company).__data__)


def save(before: Procedure | None, after: Procedure) -> None:
    """Writes the next version, its new ledger lines, and its timer if that is another one."""
    values = {name: getattr(after, name) for name in _COLUMNS}
    values |= {"version": after.version + 1, "policy": msgspec.to_builtins(after.policy)}
    if before is None or before.id != after.id:
        Row.insert(values).execute()
        before = None
    else:
        Row.update(values).where(Row.id == after.id).execute()
    _book(after, after.ledger[len(before.ledger) if before else 0 :])
    if after.wake_at and after.wake_no != (before.wake_no if before else 0):
        outbox.add(timer(after), at=after.wake_at)


def timer(procedure: Procedure) -> ProcedureDue:
    return ProcedureDue(
        company=procedure.company,
        procedure_id=procedure.id,
        invoice_number=procedure.invoice_number,
        wake_no=procedure.wake_no,
    )


def _book(procedure: Procedure, lines: tuple[Line, ...]) -> None:
    for line in lines:
        LedgerLine.create(procedure_id=procedure.id, company=procedure.company, **_plain(line))


def _plain(line: Line) -> dict[str, Any]:
    return {field.name: getattr(line, field.name) for field in fields(Line)}


def _procedure(row: Row) -> Procedure:
    lines = LedgerLine.select().where(LedgerLine.procedure_id == row.id).order_by(LedgerLine.id)
    return Procedure(
        **{name: getattr(row, name) for name in _COLUMNS},
        policy=Policy.read(row.policy),
        ledger=tuple(Line(**{field.name: getattr(line, field.name) for field in fields(Line)}) for line in lines),
    )
