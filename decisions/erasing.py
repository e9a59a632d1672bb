"""A debtor's personal data: what is stored of him by what it is for, whether it may be erased, and its erasure.

Decisions blanks what he wrote; the others hear `debtor.erased` and blank what is theirs. What bookkeeping law demands
stays, and says until when.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from peewee import fn

from common import bulk, db, outbox
from common.events import Debtor, DebtorErased
from common.law import BOOKKEEPING
from common.tables import Erasure, KnownInvoice, Letter, Notice, Objection, Outbox, Procedure
from decisions.queries import NotFound, read_invoice
from decisions.rooms import Outdated
from decisions.standing import OVER

Alive = Literal["owed", "running", "sending"]
Kind = Literal["names", "address", "mails", "letters", "words", "vouchers", "books", "events"]
ERASED: tuple[Kind, ...] = ("names", "address", "mails", "letters", "words")  # the rest stays, and why
WAIVED = ("settled", "waived")  # written off, though the ERP goes on calling it unpaid
GOING = ("planned", "sending", "held")


class StillAlive(Exception):
    """The company has a claim on him that is not over."""


@dataclass(frozen=True)
class Item:
    """`count` things of a kind; `until` is the day on which the last of those that stay is let go of."""

    kind: Kind
    count: int
    until: date | None = None


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is stored of a debtor. `alive`: why it can't be erased yet."""

    number: str
    names: list[str]
    items: dict[Kind, Item]
    alive: list[Alive]
    erased: list[Any]

    @property
    def is_left(self) -> bool:
        """Whether an erasure would find something."""
        return any(self.items[kind].count for kind in ERASED)


@dataclass(frozen=True)
class _Rows:
    invoices: list[Any]
    procedures: list[Any]
    letters: list[Any]
    objections: list[Any]

    @property
    def debtors(self) -> list[Debtor]:
        return [read_invoice(row.state).debtor for row in self.invoices]


def known(cvr: str, number: str) -> Known:
    """Raises NotFound for a number that no invoice has. Needs a connection."""
    rows = _rows(cvr, number)
    if not number or not (rows.invoices or rows.procedures):
        raise NotFound(NotFound.__doc__)
    erased = Erasure.select().where(Erasure.company == cvr, Erasure.customer_number == number)
    return Known(
        number=number,
        names=sorted({debtor.name for debtor in rows.debtors if debtor.name}),
        items={item.kind: item for item in _items(cvr, rows)},
        alive=_alive(rows),
        erased=list(erased.order_by(Erasure.erasure_no)),
    )


def erase(cvr: str, number: str, by: str, now: datetime) -> None:
    """Raises NotFound, StillAlive, and Outdated if there is nothing left of him to erase."""
    with db.transaction():
        db.alone(f"debtor {cvr} {number}")
        before = known(cvr, number)
        if before.alive:
            raise StillAlive(StillAlive.__doc__)
        if not before.is_left:
            raise Outdated(Outdated.__doc__)
        erasure: dict[str, Any] = {"company": cvr, "customer_number": number, "erasure_no": len(before.erased) + 1}
        Erasure.insert(erasure, erased_at=now, by=by).execute()
        his = Procedure.select(Procedure.id).where(Procedure.company == cvr, Procedure.customer_number == number)
        silent: Any = Objection.update(words="", reference="", phone="")
        silent.where(Objection.procedure_id.in_(his)).execute()
        outbox.add(DebtorErased(**erasure))


def voucher_goes_on(planned_at: datetime) -> date:
    """The day on which a letter that is a voucher is let go of: five years after the end of its financial year, which
    may end as late as in the year after; as the scheduler's retention counts.
    """
    return date(planned_at.year + BOOKKEEPING.newest + 2, 1, 1)


# --- what there is ---------------------------------------------------------------------------------------------------
def _rows(cvr: str, number: str) -> _Rows:
    columns = (Procedure.id, Procedure.invoice_number, Procedure.stage, Procedure.reason)
    his: Any = Procedure.select(*columns).where(Procedure.company == cvr, Procedure.customer_number == number)
    found = list(his.order_by(Procedure.round))
    ids = [row.id for row in found]
    invoices = KnownInvoice.select(KnownInvoice.number, KnownInvoice.outstanding, KnownInvoice.state).where(
        KnownInvoice.company == cvr, KnownInvoice.customer_number == number
    )
    asking = Notice.select(Notice.letter_id).where(bulk.among(Notice.procedure_id, ids))
    about = bulk.among(Letter.procedure_id, ids) | Letter.id.in_(asking)
    parts = (Letter.id, Letter.state, Letter.to_debtor, Letter.charges, Letter.planned_at)
    letters = Letter.select(*parts, fn.LENGTH(Letter.content).alias("size")).where(Letter.company == cvr, about)
    said = Objection.select().where(bulk.among(Objection.procedure_id, ids))
    return _Rows(list(invoices), found, list(letters), list(said))


def _alive(rows: _Rows) -> list[Alive]:
    newest = {row.invoice_number: (row.stage, row.reason) for row in rows.procedures}
    reasons: dict[Alive, bool] = {
        "owed": any(row.outstanding and newest.get(row.number) != WAIVED for row in rows.invoices),
        "running": any(row.stage not in OVER for row in rows.procedures),
        "sending": any(row.state in GOING for row in rows.letters),
    }
    return [reason for reason, holds in reasons.items() if holds]


def _items(cvr: str, rows: _Rows) -> list[Item]:
    full = [row for row in rows.letters if row.size]
    vouchers = [row for row in full if row.to_debtor and row.charges]
    wrote = [one for one in rows.objections if one.words or one.reference or one.phone]
    last = max((voucher_goes_on(row.planned_at) for row in vouchers), default=None)
    return [
        Item("names", sum(bool(debtor.name) for debtor in rows.debtors)),
        Item("address", sum(bool(d.email or d.address or d.city or d.postal_code) for d in rows.debtors)),
        Item("mails", sum(not row.to_debtor for row in full)),
        Item("letters", sum(row.to_debtor and not row.charges for row in full)),
        Item("words", len(wrote)),
        Item("vouchers", len(vouchers), last),
        Item("books", len(rows.procedures)),
        Item("events", _events(cvr, rows)),
    ]


def _events(cvr: str, rows: _Rows) -> int:
    subjects = [f"invoice/{row.number}" for row in rows.invoices]
    return int(Outbox.select().where(Outbox.company == cvr, bulk.among(Outbox.subject, subjects)).count())
