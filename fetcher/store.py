"""The fetcher's rows: runs, known invoices, and those that were set aside."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from peewee import SQL

from common import bulk, db, names
from common import events as e
from common.calendar import local_date
from common.inbox import AlreadyHandled
from common.tables import Company, FetchRun, KnownInvoice, Procedure, SetAside, Table
from fetcher.overdue import Known, Terms, cutoff
from fetcher.trust import Past, is_trusted, marks_paid

NAMELESS = "?"  # stands for the numbers of invoices that have none
UNASKABLE = (NAMELESS, ".", "..")  # a dot or two would lead elsewhere in an address
GONE = 3  # days on which fetches did not see what was set aside: then the ERP has it no more
OVER = ("settled", "cancelled")  # stages in which dunning expects nothing more
_KEY = ("company", "number")


class NoSuchCompany(Exception):
    """The message names a company that is not there."""


class NoSuchRun(Exception):
    """The message names a fetch that was never begun."""


# --- companies and runs ----------------------------------------------------------------------------------------------
def company(cvr: str) -> Company:
    """Raises NoSuchCompany."""
    with db.connection():
        return _found(Company.select().where(Company.cvr == cvr), cvr)


def lock_company(cvr: str) -> Company:
    """The company, locked until the transaction ends: what is said of its invoices is written by one at a time.

    So pages that overlap, and looks, neither insert the same invoice twice nor wait for each other in a circle.
    """
    return _found(db.locked(Company.select().where(Company.cvr == cvr)), cvr)


def _found(query: Any, cvr: str) -> Company:
    row: Company | None = query.first()
    if row is None:
        raise NoSuchCompany(f"{NoSuchCompany.__doc__} {cvr}")
    return row


def begin(event: e.FetchRequested, now: datetime, cursor: str) -> None:
    """Raises AlreadyHandled for a fetch that was begun before, which the inbox may have forgotten."""
    row = {"fetch_id": event.fetch_id, "company": event.company, "began_at": now, "cursor": cursor}
    run = FetchRun.insert(row | {"marks_paid": marked_paid(event.company)})
    if not run.on_conflict_ignore().as_rowcount().execute():
        raise AlreadyHandled(f"fetch {event.fetch_id} was begun before")


def running(fetch_id: str) -> FetchRun:
    """Raises NoSuchRun, or AlreadyHandled for one that is over."""
    with db.connection():
        run = FetchRun.get_or_none(fetch_id=fetch_id)
    if run is None:
        raise NoSuchRun(f"{NoSuchRun.__doc__} {fetch_id}")
    if run.state != "running":
        raise AlreadyHandled(f"fetch {fetch_id} is {run.state}")
    return run


def is_superseded(run: FetchRun) -> bool:
    newer = FetchRun.select().where(FetchRun.company == run.company, FetchRun.began_at > run.began_at)
    return bool(newer.exists())


def terms(run: FetchRun, of: Company) -> Terms:
    """Fixed for the whole run. The first fetch that was finished sets the horizon for good.

    What was due before it has been found then, and was not asked about; later fetches needn't list it again.
    """
    finished = FetchRun.select().where(FetchRun.company == run.company, FetchRun.state == "finished")
    with db.connection():
        first = finished.order_by(FetchRun.began_at).first()
    horizon = local_date((first or run).began_at) - timedelta(days=of.horizon_days)
    latest = cutoff(local_date(run.began_at), of.wait_days, of.weekend_due)
    return Terms(latest, horizon, horizon if first else None)


def advance(run: FetchRun, cursor: str, counted: Mapping[str, int]) -> None:
    added = {name: getattr(FetchRun, name) + number for name, number in counted.items()}
    FetchRun.update(cursor=cursor, reason="", **added).where(FetchRun.fetch_id == run.fetch_id).execute()


def note(fetch_id: str, **values: Any) -> None:
    FetchRun.update(**values).where(FetchRun.fetch_id == fetch_id).execute()


def finish(fetch_id: str, now: datetime) -> FetchRun:
    """The run as it ended. What has no number was set aside by this run, or is gone."""
    run = FetchRun.get_by_id(fetch_id)
    run.trusted = is_trusted(run.seen, local_date(run.began_at), _past(run))
    run.marks_paid = marked_paid(run.company)
    if run.trusted:
        run.marks_paid = marks_paid(run.seen, run.paid, before=run.marks_paid)
    note(fetch_id, state="finished", ended_at=now, trusted=run.trusted, marks_paid=run.marks_paid)
    mine = SetAside.company == run.company
    nameless = (SetAside.number == NAMELESS) & (SetAside.fetch_id != fetch_id)
    SetAside.delete().where(mine & nameless).execute()
    if since := _missed_since(run.company):
        SetAside.delete().where(mine & (SetAside.seen_at < since)).execute()
    return run


def _missed_since(cvr: str) -> datetime | None:
    """What fetches last saw before this the ERP has no more: on GONE days in a row each was finished, trusted, and had
    asked for all that was set aside and not on its list.
    """
    finished = FetchRun.select(FetchRun.began_at, FetchRun.trusted).where(
        FetchRun.company == cvr, FetchRun.state == "finished"
    )
    rows: Any = finished.order_by(FetchRun.began_at.desc()).tuples()
    days: dict[date, datetime] = {}
    for began_at, trusted in rows.iterator():
        days.setdefault(local_date(began_at), began_at)
        if not trusted or len(days) == GONE:
            return began_at if trusted else None
    return None


def is_believed(cvr: str) -> bool:
    """Whether the last fetch that was finished saw about as many invoices as those before it."""
    newest = _last_finished(cvr)
    return newest is None or bool(newest.trusted)


def marked_paid(cvr: str) -> bool:
    """Whether the company marks payments, as the last fetch that was finished has it."""
    newest = _last_finished(cvr)
    return newest is None or bool(newest.marks_paid)


def _last_finished(cvr: str) -> FetchRun | None:
    finished = FetchRun.select().where(FetchRun.company == cvr, FetchRun.state == "finished")
    return finished.order_by(FetchRun.began_at.desc()).first()  # type: ignore[no-any-return]


def _past(run: FetchRun) -> list[Past]:
    """The finished runs that listed what this one did, newest first: those that began once a first one had ended.

    A run that began before that has listed everything, at least in part, and has none to be measured by.
    """
    finished = (FetchRun.company == run.company) & (FetchRun.state == "finished")
    first = FetchRun.select().where(finished).order_by(FetchRun.ended_at).first()
    if first is None or run.began_at < first.ended_at:
        return []
    alike = finished & (FetchRun.began_at >= first.ended_at) & FetchRun.fetch_id.not_in([first.fetch_id, run.fetch_id])
    rows: Any = FetchRun.select(FetchRun.began_at, FetchRun.seen, FetchRun.trusted).where(alike)
    newest_first = rows.order_by(FetchRun.began_at.desc()).tuples()
    return [Past(local_date(began_at), seen, trusted) for began_at, seen, trusted in newest_first]


# --- invoices --------------------------------------------------------------------------------------------------------
def tracked(run: FetchRun, beyond: str, most: int) -> list[str]:
    """Invoices that are followed or set aside and that this run hasn't seen, by number in the database's order."""
    followed = _unseen(KnownInvoice, run, beyond, most, KnownInvoice.tracked)
    aside = _unseen(SetAside, run, beyond, most, SetAside.number.not_in(UNASKABLE))
    with db.connection():
        return [number for (number,) in (followed | aside).order_by(SQL("number")).limit(most).tuples()]


def _unseen(table: Any, run: FetchRun, beyond: str, most: int, which: Any) -> Any:
    """A statement with an order of its own, which is part of another one."""
    unseen = table.fetch_id.is_null() | (table.fetch_id != run.fetch_id)
    mine = table.select(table.number).where(table.company == run.company, table.number > beyond, unseen, which)
    return mine.order_by(table.number).limit(most).select_from(SQL("number"))


def known(cvr: str, numbers: Collection[str]) -> dict[str, Known]:
    rows = KnownInvoice.select().where(KnownInvoice.company == cvr, bulk.among(KnownInvoice.number, numbers))
    return {row.number: _known(row) for row in rows}


def numbers_of(cvr: str, customer_number: str) -> list[str]:
    his = (KnownInvoice.company == cvr) & (KnownInvoice.customer_number == customer_number)
    return [row.number for row in KnownInvoice.select(KnownInvoice.number).where(his)]


def in_dunning(cvr: str, numbers: Collection[str]) -> set[str]:
    """Those whose newest procedure is not over."""
    if not numbers:
        return set()
    these: Any = Procedure.select(Procedure.invoice_number, Procedure.stage).where(
        Procedure.company == cvr, bulk.among(Procedure.invoice_number, numbers)
    )
    stages: dict[str, str] = dict(these.order_by(Procedure.round).tuples())
    return {number for number, stage in stages.items() if stage not in OVER}


def save(cvr: str, values: Iterable[Known]) -> None:
    """Inserts or overwrites. Needs the company's lock."""
    _upsert(KnownInvoice, [_row(cvr, value) for value in values])


def mark_seen(cvr: str, fetch_id: str, numbers: Collection[str]) -> None:
    if numbers:
        these = (KnownInvoice.company == cvr) & bulk.among(KnownInvoice.number, numbers)
        KnownInvoice.update(fetch_id=fetch_id).where(these).execute()


def _known(row: KnownInvoice) -> Known:
    invoice = msgspec.convert(row.state, e.Invoice)
    return Known(
        invoice=invoice,
        asked=row.asked,
        tracked=row.tracked,
        absent_on=row.absent_on,
        fetch_id=row.fetch_id,
        is_filed=all(getattr(row, name) == value for name, value in _filed(invoice).items()),
    )


def _row(cvr: str, value: Known) -> dict[str, Any]:
    return {
        "company": cvr,
        "number": value.invoice.number,
        "sequence": value.invoice.sequence,
        "asked": value.asked,
        "tracked": value.tracked,
        "absent_on": value.absent_on,
        "fetch_id": value.fetch_id,
        "outstanding": value.invoice.outstanding,
        "state": msgspec.to_builtins(value.invoice),
        **_filed(value.invoice),
    }


def _filed(invoice: e.Invoice) -> dict[str, Any]:
    """What lists are read by: copies of what the state says."""
    debtor = invoice.debtor
    return {
        "customer_number": debtor.customer_number,
        "due_on": invoice.due_on,
        "debtor_key": names.key(debtor.name),
    }


# --- set aside -------------------------------------------------------------------------------------------------------
def set_aside(cvr: str, fetch_id: str | None, reasons: Mapping[str, str], at: datetime) -> int:
    """Returns how many this fetch had not set aside before."""
    mine = (SetAside.company == cvr) & (SetAside.fetch_id == fetch_id)
    before = SetAside.select().where(mine).count() if reasons else 0
    rows = [
        {"company": cvr, "number": number, "reason": reason, "fetch_id": fetch_id, "seen_at": at}
        for number, reason in reasons.items()
    ]
    _upsert(SetAside, rows)
    return SetAside.select().where(mine).count() - before if reasons else 0


def untold(run: FetchRun) -> int:
    """How many of those that this fetch set aside its company was not told of; from now on it is."""
    news = SetAside.update(told=True).where(SetAside.company == run.company, SetAside.fetch_id == run.fetch_id)
    return int(news.where(~SetAside.told).execute())


def take_back(cvr: str, numbers: Collection[str]) -> None:
    """These read well again."""
    if numbers:
        SetAside.delete().where(SetAside.company == cvr, bulk.among(SetAside.number, numbers)).execute()


def _upsert(table: type[Table], rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        others = ", ".join(f"{name} = excluded.{name}" for name in rows[0] if name not in _KEY)
        bulk.insert(table, rows, f"ON CONFLICT ({', '.join(_KEY)}) DO UPDATE SET {others}")
