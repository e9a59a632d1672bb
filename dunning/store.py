"""The procedures in the database: lock, save. `save` alone sets timers.

What is saved is written when the transaction ends, so that a transaction in which many events are handled takes a few
statements, as one with a single event does.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from common import db, outbox
from common.events import Event, InvoiceEvent, ProcedureDue
from common.tables import Company, LedgerLine
from common.tables import Procedure as Row
from dunning.fees import Ledger, Line
from dunning.policy import Policy
from dunning.procedure import Procedure

_ELSEWHERE = ("ledger", "news", "policy")
_COLUMNS = tuple(field.name for field in fields(Procedure) if field.name not in _ELSEWHERE)
_LINE = tuple(field.name for field in fields(Line))
_OVERWRITE = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "policy") if name != "id")
Invoice = tuple[str, str]  # company and number


class NoSuchProcedure(Exception):
    """The message names a procedure that is not there."""


class NoSuchCompany(Exception):
    """The message names a company that is not there."""


@dataclass
class _Held:
    """What this transaction has locked, and what it will write."""

    rows: dict[str, Procedure] = field(default_factory=dict)  # as they are in the database
    now: dict[str, Procedure] = field(default_factory=dict)  # as they are to be
    newest: dict[Invoice, str | None] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)

    def hold(self, loaded: Iterable[Procedure]) -> None:
        for procedure in loaded:
            self.rows[procedure.id] = self.now[procedure.id] = procedure

    def hold_newest(self, invoices: Iterable[Invoice], loaded: Sequence[Procedure]) -> None:
        self.hold(loaded)
        self.newest |= dict.fromkeys(invoices)
        self.newest |= {(p.company, p.invoice_number): p.id for p in sorted(loaded, key=lambda p: p.round)}


def _held() -> _Held:
    return db.notes().setdefault("procedures", _Held())  # type: ignore[no-any-return]


# --- reading ---------------------------------------------------------------------------------------------------------
def read_ahead(events: Sequence[Event]) -> None:
    """Locks what these events are about, always in the same order; for many that one transaction handles."""
    invoices = {(event.company, event.invoice.number) for event in events if isinstance(event, InvoiceEvent)}
    named = {getattr(event, "procedure_id", None) for event in events} - {None}
    _held().hold(_locked(db.among(Row.id, named)) if named else ())
    if invoices:
        _held().hold_newest(invoices, _locked(_of(invoices)))
        _held().policies.update(_policies({company for company, _ in invoices}))


def lock(procedure_id: str) -> Procedure:
    """The procedure, locked until the transaction ends. Raises NoSuchProcedure."""
    held = _held()
    if procedure_id not in held.now:
        held.hold(_locked(Row.id == procedure_id))
    if procedure_id not in held.now:
        raise NoSuchProcedure(f"{NoSuchProcedure.__doc__} {procedure_id}")
    return held.now[procedure_id]


def lock_newest(company: str, invoice_number: str) -> Procedure | None:
    """The newest round of this invoice's dunning, locked until the transaction ends."""
    held, invoice = _held(), (company, invoice_number)
    if invoice not in held.newest:
        held.hold_newest([invoice], _locked(_of({invoice})))
    newest = held.newest[invoice]
    return held.now[newest] if newest else None


def policy_of(company: str) -> Policy:
    """What the company chooses today. Raises NoSuchCompany."""
    policies = _held().policies
    if company not in policies:
        policies.update(_policies({company}))
    if company not in policies:
        raise NoSuchCompany(f"{NoSuchCompany.__doc__} {company}")
    return policies[company]


def _policies(companies: Collection[str]) -> dict[str, Policy]:
    rows: Any = Company.select().where(db.among(Company.cvr, companies)).dicts()
    return {row["cvr"]: Policy.read(row) for row in rows}


def _of(invoices: Collection[Invoice]) -> Any:
    return db.among_pairs(Row.company, Row.invoice_number, invoices)


def _locked(chosen: Any) -> list[Procedure]:
    rows = list(db.locked(Row.select().where(chosen).order_by(Row.id)).dicts())
    ledgers = _ledgers([row["id"] for row in rows])
    return [_procedure(row, ledgers.get(row["id"], ())) for row in rows]


def _ledgers(ids: Sequence[str]) -> dict[str, Ledger]:
    found: dict[str, Ledger] = {}
    lines: Any = (
        LedgerLine.select().where(db.among(LedgerLine.procedure_id, ids)).order_by(LedgerLine.id) if ids else ()
    )
    for row in lines:
        line = Line(**{name: getattr(row, name) for name in _LINE})
        found[row.procedure_id] = (*found.get(row.procedure_id, ()), line)
    return found


def _procedure(row: dict[str, Any], ledger: Ledger) -> Procedure:
    return Procedure(**{name: row[name] for name in _COLUMNS}, policy=Policy.read(row["policy"]), ledger=ledger)


# --- writing ---------------------------------------------------------------------------------------------------------
def save(after: Procedure) -> None:
    """The next version, with its new ledger lines, and its timer if that is another one."""
    held = _held()
    held.now[after.id] = after.but(version=after.version + 1, news=())
    held.newest[after.company, after.invoice_number] = after.id
    held.changed.add(after.id)
    db.last(_write)


def _write() -> None:
    held = _held()
    changed, held.changed = [held.now[key] for key in sorted(held.changed)], set()
    db.insert(Row, [_row(after) for after in changed if after.id not in held.rows])
    known = [_row(after) for after in changed if after.id in held.rows]
    db.insert(Row, known, f"ON CONFLICT (id) DO UPDATE SET {_OVERWRITE}")
    db.insert(LedgerLine, [line for after in changed for line in _new_lines(after, held.rows.get(after.id))])
    for after in changed:
        before = held.rows.get(after.id)
        if after.wake_at and after.wake_no != (before.wake_no if before else 0):
            outbox.add(timer(after), at=after.wake_at)
    held.hold(changed)


def timer(procedure: Procedure) -> ProcedureDue:
    return ProcedureDue(
        company=procedure.company,
        procedure_id=procedure.id,
        invoice_number=procedure.invoice_number,
        wake_no=procedure.wake_no,
    )


def _row(procedure: Procedure) -> dict[str, Any]:
    return {name: getattr(procedure, name) for name in _COLUMNS} | {"policy": msgspec.to_builtins(procedure.policy)}


def _new_lines(after: Procedure, before: Procedure | None) -> list[dict[str, Any]]:
    of = {"procedure_id": after.id, "company": after.company}
    return [
        of | {name: getattr(line, name) for name in _LINE}
        for line in after.ledger[len(before.ledger) if before else 0 :]
    ]
