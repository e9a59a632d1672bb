"""The procedures in the database: lock, save. `save` alone sets timers.

What is saved is written when the transaction ends, so that a transaction in which many events are handled takes a few
statements, as one with a single event does.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any

import msgspec

from common import bulk, db, outbox
from common.events import Event, InvoiceChecked, InvoiceEvent, LetterSent, ProcedureDue
from common.frozen import but
from common.tables import LedgerLine
from common.tables import Procedure as Row
from dunning import surroundings
from dunning.ledger import Ledger, Line
from dunning.policy import Policy
from dunning.procedure import Procedure

_ELSEWHERE = ("ledger", "news", "policy")
_COLUMNS = tuple(field.name for field in fields(Procedure) if field.name not in _ELSEWHERE)
_LINE = tuple(field.name for field in fields(Line))
_OVERWRITE = ", ".join(f"{name} = excluded.{name}" for name in (*_COLUMNS, "policy") if name != "id")
Invoice = tuple[str, str]  # company and number
AT_ONCE = 200  # procedures that one message wakes


class NoSuchProcedure(Exception):
    """The message names a procedure that is not there."""


@dataclass
class _Held:
    """What this transaction has locked, and what it will write."""

    rows: dict[str, Procedure] = field(default_factory=dict)  # as they are in the database
    now: dict[str, Procedure] = field(default_factory=dict)  # as they are to be; the ledgers stand beside
    newest: dict[Invoice, str | None] = field(default_factory=dict)
    ledgers: dict[Invoice, Ledger] = field(default_factory=dict)  # of all rounds together
    booked: dict[Invoice, int] = field(default_factory=dict)  # lines that are in the database
    changed: set[str] = field(default_factory=set)

    def hold(self, invoices: Iterable[Invoice], loaded: Sequence[Procedure], ledgers: dict[Invoice, Ledger]) -> None:
        for procedure in loaded:
            self.rows[procedure.id] = self.now[procedure.id] = procedure
        self.newest |= dict.fromkeys(invoices)
        self.newest |= {_invoice_of(p): p.id for p in sorted(loaded, key=lambda p: p.round)}
        self.ledgers |= ledgers
        self.booked |= {invoice: len(lines) for invoice, lines in ledgers.items()}

    def procedure(self, procedure_id: str) -> Procedure:
        found = self.now[procedure_id]
        return found.but(ledger=self.ledgers.get(_invoice_of(found), ()))


def _held() -> _Held:
    return db.notes().setdefault("procedures", _Held())  # type: ignore[no-any-return]


def _invoice_of(procedure: Procedure) -> Invoice:
    return procedure.company, procedure.invoice_number


# --- reading ---------------------------------------------------------------------------------------------------------
def read_ahead(events: Sequence[Event]) -> None:
    """Locks what these events are about, always in the same order; for many that one transaction handles."""
    invoices = {found for event in events if (found := _named(event))}
    companies = {event.company for event in events}
    if invoices:
        _lock(invoices)
        surroundings.read_ahead(companies)
        surroundings.pauses_ahead({event.company for event in events if isinstance(event, InvoiceEvent)})
        surroundings.letters_ahead({event.letter_id for event in events if isinstance(event, LetterSent)})
        looks = {event.procedure_id for event in events if isinstance(event, InvoiceChecked)}
        surroundings.alone_with({(p.company, p.customer_number) for p in _held().now.values() if p.id in looks})


def _named(event: Event) -> Invoice | None:
    number = event.invoice.number if isinstance(event, InvoiceEvent) else getattr(event, "invoice_number", None)
    return (event.company, number) if number else None


def lock(company: str, invoice_number: str, procedure_id: str) -> Procedure:
    """The procedure, all rounds of its invoice locked until the transaction ends. Raises NoSuchProcedure."""
    held, invoice = _held(), (company, invoice_number)
    if invoice not in held.newest:
        _lock({invoice})
    if procedure_id not in held.now:
        raise NoSuchProcedure(f"{NoSuchProcedure.__doc__} {procedure_id}")
    return held.procedure(procedure_id)


def lock_newest(company: str, invoice_number: str) -> Procedure | None:
    """The newest round of this invoice's dunning, locked until the transaction ends."""
    held, invoice = _held(), (company, invoice_number)
    if invoice not in held.newest:
        _lock({invoice})
    newest = held.newest[invoice]
    return held.procedure(newest) if newest else None


def lock_held(company: str) -> list[Procedure]:
    """Procedures of the company that wait for a fresh fetch: some; the others' timers ring by and by."""
    held = Row.select(Row.invoice_number).where(Row.company == company, Row.held > 0).limit(AT_ONCE)
    numbers = {row.invoice_number for row in held}
    if numbers:
        _lock({(company, number) for number in numbers})
    return [found for number in sorted(numbers) if (found := lock_newest(company, number))]


def lock_customer(company: str, customer_number: str) -> list[Procedure]:
    """All procedures of this customer, with all rounds of their invoices locked."""
    his = Row.select(Row.id, Row.invoice_number).where(Row.company == company, Row.customer_number == customer_number)
    found = [(row.id, row.invoice_number) for row in his.order_by(Row.id)]
    return [lock(company, number, procedure_id) for procedure_id, number in found]


def is_newest(procedure: Procedure) -> bool:
    return _held().newest[_invoice_of(procedure)] == procedure.id


def _lock(invoices: Collection[Invoice]) -> None:
    chosen = bulk.among_pairs(Row.company, Row.invoice_number, invoices)
    rows = [_procedure(row) for row in db.locked(Row.select().where(chosen).order_by(Row.id)).dicts()]
    _held().hold(invoices, rows, _ledgers(invoices) if rows else {})


def _ledgers(invoices: Collection[Invoice]) -> dict[Invoice, Ledger]:
    """The lines of all rounds of each invoice, in the order in which they were booked."""
    found: dict[Invoice, Ledger] = {}
    chosen = bulk.among_pairs(Row.company, Row.invoice_number, invoices)
    columns = (Row.invoice_number, LedgerLine.company, *(getattr(LedgerLine, name) for name in _LINE))
    lines: Any = LedgerLine.select(*columns).join(Row, on=(Row.id == LedgerLine.procedure_id)).where(chosen)
    for number, company, *values in lines.order_by(LedgerLine.id).tuples():
        found[company, number] = (*found.get((company, number), ()), Line(*values))
    return found


def _procedure(row: dict[str, Any]) -> Procedure:
    return Procedure(**{name: row[name] for name in _COLUMNS}, policy=Policy.read(row["policy"]))


# --- writing ---------------------------------------------------------------------------------------------------------
def save(after: Procedure, because: Event) -> None:
    """The next version, with its new ledger lines, which name what was heard, and its timer if that is another one."""
    held, invoice = _held(), _invoice_of(after)
    known = held.ledgers.get(invoice, ())
    held.ledgers[invoice] = (*known, *[but(line, event=because.id) for line in after.ledger[len(known) :]])
    held.now[after.id] = after.but(version=after.version + 1, news=(), ledger=())
    held.newest[invoice] = held.newest[invoice] if after.id in held.rows else after.id
    held.changed.add(after.id)
    db.last(_write)


def _write() -> None:
    held = _held()
    changed, held.changed = [held.now[key] for key in sorted(held.changed)], set()
    bulk.insert(Row, [_row(after) for after in changed if after.id not in held.rows])
    known = [_row(after) for after in changed if after.id in held.rows]
    bulk.insert(Row, known, f"ON CONFLICT (id) DO UPDATE SET {_OVERWRITE}")
    bulk.insert(LedgerLine, [line for after in changed for line in _new_lines(held, after)])
    for after in changed:
        before = held.rows.get(after.id)
        if after.wake_at and after.wake_no != (before.wake_no if before else 0):
            outbox.add(timer(after), at=after.wake_at)
        held.rows[after.id] = after


def timer(procedure: Procedure) -> ProcedureDue:
    return ProcedureDue(
        company=procedure.company,
        procedure_id=procedure.id,
        invoice_number=procedure.invoice_number,
        wake_no=procedure.wake_no,
    )


def _row(procedure: Procedure) -> dict[str, Any]:
    return {name: getattr(procedure, name) for name in _COLUMNS} | {"policy": msgspec.to_builtins(procedure.policy)}


def _new_lines(held: _Held, after: Procedure) -> list[dict[str, Any]]:
    """Those of its invoice that are not in the database; an older round that changes, too, finds none left."""
    invoice = _invoice_of(after)
    lines = held.ledgers.get(invoice, ())
    new, held.booked[invoice] = lines[held.booked.get(invoice, 0) :], len(lines)
    of = {"procedure_id": after.id, "company": after.company}
    return [of | {name: getattr(line, name) for name in _LINE} for line in new]
