"""Reads: what waits for a company. How much of each kind, counted no further than a page needs; the first of each."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common import db
from common.calendar import local_date
from common.events import Invoice
from common.money import ZERO
from common.tables import Company, KnownInvoice, Letter, Objection, Procedure, SetAside
from decisions import keys, rows
from decisions.queries import read_invoice

FIRST = 10  # of each kind are listed
MOST = 1000  # are counted

HEARD = """NOT EXISTS (SELECT 1 FROM answer a WHERE a.procedure_id = p.id AND a.answer_no >
    CASE WHEN a.choice IN ('collect', 'cover', 'received') THEN p.fee_answer_no ELSE p.answer_no END)"""
TAB = "(CASE p.stage WHEN 'checking' THEN 'running' WHEN 'cancelled' THEN 'settled' ELSE p.stage END)"  # as its index
UNSENT = f"{TAB} = 'running' AND p.unreachable_step > p.step AND NOT p.pending"
OF_PROCEDURES = {  # kinds of tasks that procedures are, the most urgent first
    "disputed": f"{TAB} = 'paused' AND p.reason = 'disputed'",
    "said_paid": f"{TAB} = 'paused' AND p.reason = 'said_paid'",
    "waiting": f"{TAB} = 'awaiting_decision' AND p.notified_on IS NOT NULL",
    "unasked": f"{TAB} = 'awaiting_decision' AND p.notified_on IS NULL",
    "no_address": f"{UNSENT} AND COALESCE(p.debtor_email, '') = ''",
    "undelivered": f"{UNSENT} AND p.debtor_email <> ''",
    "fees": f"{TAB} = 'collecting_fees' AND p.wake_at IS NULL AND NOT p.pending",
    "escalated": f"{TAB} = 'escalated'",
    "not_fresh": "p.held > 1 AND p.stage IN ('running', 'checking', 'collecting_fees')",
}
STUCK = "(SELECT * FROM procedure WHERE company = {0} AND unreachable_step > step LIMIT 1000000)"
SOURCES = {"no_address": STUCK, "undelivered": STUCK}  # few, whatever the planner thinks: all are found, by their index
HELD = """letter l WHERE l.company = {0} AND l.state = 'held' AND l.to_debtor AND NOT EXISTS (
    SELECT 1 FROM letter_decision d WHERE d.letter_id = l.id AND (l.decided_at IS NULL OR d.decided_at > l.decided_at)
)"""
OTHERS = {  # FROM what
    "key": """company c WHERE c.cvr = {0} AND (c.api_key IS NULL
        OR EXISTS (SELECT 1 FROM api_key k WHERE k.company = c.cvr AND k.key_no > c.api_key_no)
        OR EXISTS (SELECT 1 FROM (
            SELECT r.reason, r.began_at FROM fetch_run r WHERE r.company = {0} AND r.state <> 'running'
            ORDER BY r.began_at DESC LIMIT 1
        ) AS latest WHERE latest.reason = 'key_refused' AND NOT EXISTS (SELECT 1 FROM key_trial t
            WHERE t.company = c.cvr AND t.key_no = c.api_key_no AND t.tried_at > latest.began_at)))""",
    "mail": """(SELECT l.state FROM letter l WHERE l.company = {0} AND NOT l.to_debtor
        AND l.state IN ('sent', 'failed', 'bounced') ORDER BY l.planned_at DESC LIMIT 1
        ) AS latest WHERE latest.state <> 'sent'""",
    "held": HELD,
    "payments": """(SELECT r.marks_paid FROM fetch_run r WHERE r.company = {0} AND r.state = 'finished' AND r.trusted
        ORDER BY r.began_at DESC LIMIT 1) AS latest WHERE NOT latest.marks_paid""",
    "set_aside": "set_aside s WHERE s.company = {0}",
}
KINDS = ("key", "mail", *list(OF_PROCEDURES)[:4], "held", *list(OF_PROCEDURES)[4:], "payments", "set_aside")


@dataclass(frozen=True)
class Item:
    """One of a kind: a procedure with its invoice, and what its debtor said last, or a letter about it.

    `charges`: what is open of fees, interest and compensation, where they alone are owed.
    """

    procedure: Procedure
    invoice: Invoice | None
    objection: Objection | None = None
    letter: Letter | None = None
    charges: Decimal = ZERO


@dataclass(frozen=True)
class Tasks:
    """`counts`: of each kind there is, MOST and one if there are more. `key`: how it stands, if that is a task."""

    counts: dict[str, int]
    items: dict[str, list[Item]]
    set_aside: list[SetAside]
    key: keys.Standing | None


def count(company: Company) -> int:
    """How many kinds of tasks wait: one statement that looks at one of each kind at most."""
    return len(_counts(company, 1))


def waiting(company: Company) -> Tasks:
    """The same number of statements, however much there is."""
    counts = _counts(company, MOST + 1)
    return Tasks(
        counts=counts,
        items=_items(company.cvr),
        set_aside=list(SetAside.select().where(SetAside.company == company.cvr).order_by(SetAside.number).limit(FIRST)),
        key=keys.standing(company) if "key" in counts else None,
    )


def starts_on(item: Item, company: Company, *, marks_paid: bool) -> date | None:
    """The date on which silence will start it, as far as can be told today; None if it won't."""
    procedure, policy = item.procedure, item.procedure.policy
    is_willing = "stay" not in (company.silence, policy.get("silence", "start")) and not company.paused
    is_excepted = procedure.disputed or procedure.customer_number in company.never_dunned
    if procedure.wake_at is None or not (is_willing and marks_paid) or is_excepted:
        return None
    return local_date(procedure.wake_at) if procedure.amount - procedure.paid >= company.smallest_amount else None


def since(kind: str, item: Item) -> date:
    """Since when it waits."""
    procedure, instants = item.procedure, dict[str, datetime | date | None]()
    instants["waiting"] = procedure.notified_on
    instants["disputed"] = instants["said_paid"] = item.objection.raised_at if item.objection else None
    instants["fees"] = instants["undelivered"] = procedure.last_reminder_on
    instants["escalated"] = procedure.escalated_on
    instants["held"] = item.letter.planned_at if item.letter else None
    found = instants.get(kind) or procedure.started_on or procedure.opened_at
    return local_date(found) if isinstance(found, datetime) else found


# --- statements ------------------------------------------------------------------------------------------------------
def _counts(company: Company, most: int) -> dict[str, int]:
    chosen = {kind: _of(kind) for kind in OF_PROCEDURES} | OTHERS
    if not company.paused:
        del chosen["unasked"]
    parts = [_count(chosen[kind], most) for kind in KINDS if kind in chosen]
    statement = f"SELECT {', '.join(parts)}"
    row = db.handle.execute_sql(statement.format(db.handle.param), (company.cvr,) * statement.count("{0}")).fetchone()
    return {kind: number for kind, number in zip([x for x in KINDS if x in chosen], row, strict=True) if number}


def _count(chosen: str, most: int) -> str:
    return f"(SELECT COUNT(*) FROM (SELECT 1 FROM {chosen} LIMIT {most}) AS counted)"  # noqa: S608 - our own text


def _of(kind: str) -> str:
    where = OF_PROCEDURES[kind]
    return f"{SOURCES.get(kind, 'procedure')} AS p WHERE p.company = {{0}} AND {where} AND {HEARD}"


def _items(cvr: str) -> dict[str, list[Item]]:
    found = _procedures(cvr)
    letters = _held(cvr)
    invoices = _invoices(cvr, {row.invoice_number for those in found.values() for row in those})
    objections = _objections([row.id for kind in ("disputed", "said_paid") for row in found[kind]])
    charges = rows.charges(cvr, [row.invoice_number for row in found["fees"]])
    items = {
        kind: [
            Item(
                row,
                invoices.get(row.invoice_number),
                objections.get(row.id),
                charges=charges.get(row.invoice_number, ZERO),
            )
            for row in those
        ]
        for kind, those in found.items()
    }
    about = {row.id: row for row in Procedure.select().where(Procedure.id.in_([x.procedure_id for x in letters]))}
    of_letters = [(about[letter.procedure_id], letter) for letter in letters if letter.procedure_id in about]
    more = _invoices(cvr, {row.invoice_number for row, _ in of_letters})
    items["held"] = [Item(row, more.get(row.invoice_number), letter=letter) for row, letter in of_letters]
    return items


def _procedures(cvr: str) -> dict[str, list[Any]]:
    """The first of each kind, those that fell due first before the others."""
    order = f"ORDER BY p.due_on, p.invoice_number LIMIT {FIRST}"
    parts = [
        f"SELECT * FROM (SELECT '{kind}' AS kind, p.* FROM {_of(kind)} {order}) AS of_{kind}"  # noqa: S608 - our own text
        for kind in OF_PROCEDURES
    ]
    statement = " UNION ALL ".join(parts)
    values = [cvr] * statement.count("{0}")
    found: dict[str, list[Any]] = {kind: [] for kind in OF_PROCEDURES}
    for row in Procedure.raw(statement.format(db.handle.param), *values):
        found[row.kind].append(row)
    return found


def _held(cvr: str) -> list[Letter]:
    statement = f"SELECT l.id, l.procedure_id, l.planned_at, l.reason, l.kind, l.step FROM {HELD} "  # noqa: S608
    ordered = f"{statement} ORDER BY l.planned_at LIMIT {FIRST}"
    return list(Letter.raw(ordered.format(db.handle.param), cvr))


def _invoices(cvr: str, numbers: set[str]) -> dict[str, Invoice]:
    mine = (KnownInvoice.company == cvr) & KnownInvoice.number.in_(sorted(numbers))
    return {known.number: read_invoice(known.state) for known in KnownInvoice.select().where(mine)}


def _objections(procedure_ids: list[str]) -> dict[str, Objection]:
    """The last one of each."""
    said = Objection.select().where(Objection.procedure_id.in_(procedure_ids)).order_by(Objection.objection_no)
    return {objection.procedure_id: objection for objection in said}
