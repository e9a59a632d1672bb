"""Reads: the sums and counts that figures.py makes figures of; of one company, or of all. Five statements at most."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from peewee import SQL

from common import db
from common.tables import Procedure
from decisions import figures
from decisions.figures import Booked, Charges, Ended, Paying, Period, Recovered, Stood
from decisions.remembered import Remembered

LASTING = timedelta(minutes=5)  # real time that figures of all companies, or of a large one, are good for
LARGE = 5000  # procedures

PAYMENT = """ledger_line l JOIN procedure p ON p.id = l.procedure_id
    WHERE l.account = 'principal' AND l.against = 'received' AND {company}"""
PAID_ON = "COALESCE(l.value_on, l.booked_on)"
RECOVERED = """
    SELECT step, SUM(amount) FROM (
        SELECT -l.amount AS amount, CASE WHEN p.escalated_on <= {paid_on} THEN 6 ELSE COALESCE(CASE
            WHEN p.round = 1 AND p.last_reminder_on IS NULL THEN NULL
            WHEN p.round = 1 AND p.last_reminder_on <= {paid_on} THEN CASE
                WHEN p.warned_by = 'collection_notice' THEN 5
                WHEN p.step > 0 THEN 1 + p.step
            END ELSE (
            SELECT MAX(CASE WHEN t.kind = 'collection_notice' THEN 5 ELSE 1 + t.step END)
            FROM procedure r JOIN letter t ON t.procedure_id = r.id
            WHERE r.company = p.company AND r.invoice_number = p.invoice_number AND t.to_debtor AND t.state = 'sent'
            AND t.kind IN ('reminder', 'collection_notice') AND {sent_on} <= {paid_on}
        ) END, CASE WHEN p.notified_on <= {paid_on} THEN 1 ELSE 0 END) END AS step
        FROM {payment} AND {since}
    ) AS payment GROUP BY step"""  # only of money that is older than the last letter the letters must be looked at
PAID = """
    WITH paid AS (
        SELECT p.due_on, p.started_on, MAX({paid_on}) AS paid_on FROM {payment}
        AND l.amount < 0 AND p.amount > 0 AND p.paid >= p.amount AND p.reason NOT IN ('credited', 'withdrawn')
        GROUP BY p.id, p.due_on, p.started_on
    )
    SELECT SUBSTR(CAST(paid_on AS TEXT), 1, 7), {days_from_due}, COUNT(*) FROM paid WHERE {since} GROUP BY 1, 2
    UNION ALL
    SELECT '', {days_from_start}, COUNT(*) FROM paid WHERE {since} AND paid_on >= started_on GROUP BY 1, 2"""
ENDED = """
    SELECT stage, reason, started_by, by_link, COUNT(*) FROM (
        SELECT p.stage, p.reason, p.started_by, CASE WHEN p.reason = 'stopped' THEN COALESCE((
            SELECT a."by" = '' FROM answer a WHERE a.procedure_id = p.id AND a.choice = 'stop'
            ORDER BY a.answer_no DESC LIMIT 1
        ), true) ELSE false END AS by_link
        FROM procedure p WHERE {company} AND ({since} OR p.stage NOT IN ('settled', 'cancelled'))
    ) AS stood GROUP BY stage, reason, started_by, by_link"""
BOOKED = """
    SELECT l.account, l.kind, l.against, l.amount > 0, SUM(l.amount) FROM ledger_line l
    WHERE (l.account <> 'principal' OR l.against = 'lost') AND {company} AND {since}
    GROUP BY l.account, l.kind, l.against, l.amount > 0"""
SQLITE = {  # letters leave at an instant, payments come on a day of Copenhagen's
    "sent_on": "local_date(t.sent_at)",
    "days_from_due": "CAST(julianday(paid_on) - julianday(due_on) AS INTEGER)",
    "days_from_start": "CAST(julianday(paid_on) - julianday(started_on) AS INTEGER)",
}
POSTGRESQL = {
    "sent_on": "(t.sent_at AT TIME ZONE 'Europe/Copenhagen')::date",
    "days_from_due": "paid_on - due_on",
    "days_from_start": "paid_on - started_on",
}


@dataclass(frozen=True)
class Numbers:
    recovered: Recovered
    paying: Paying
    ended: Ended
    charges: Charges


_large: Remembered[tuple[str | None, str, date], Numbers] = Remembered(LASTING)


def of_company(cvr: str, period: Period, today: date) -> Numbers:
    """Of a large company some minutes old at most, and of this business day."""
    if _is_large(cvr):
        return _large.get((cvr, period.name, today), lambda: _read(cvr, period))
    return _read(cvr, period)


def of_all(period: Period, today: date) -> Numbers:
    """Some minutes old at most, of this business day."""
    return _large.get((None, period.name, today), lambda: _read(None, period))


def forget() -> None:
    """What was kept; for those who look at what has just changed."""
    _large.forget()


def _is_large(cvr: str) -> bool:
    return Procedure.select(SQL("1")).where(Procedure.company == cvr).offset(LARGE).limit(1).exists()


def _read(cvr: str | None, period: Period) -> Numbers:
    if not db.is_sqlite():
        db.handle.execute_sql("SET jit = off")  # compiling these statements takes ten times as long as running them
    return Numbers(
        recovered=figures.recovered((step, _kroner(oere)) for step, oere in _rows(RECOVERED, cvr, period, PAID_ON)),
        paying=_paying(_rows(PAID, cvr, period, "paid_on")),
        ended=figures.ended(Stood(*row) for row in _rows(ENDED, cvr, period, "p.ended_on")),
        charges=figures.charges(_booked(*row) for row in _rows(BOOKED, cvr, period, "l.booked_on")),
    )


def _booked(account: str, kind: str, against: str, is_more: bool, oere: Any) -> Booked:
    return Booked(account, kind, against, is_more, _kroner(oere))


def _paying(rows: list[Any]) -> Paying:
    from_due = [(date.fromisoformat(f"{month}-01"), days, count) for month, days, count in rows if month]
    return figures.paying(from_due, [(days, count) for month, days, count in rows if not month])


def _rows(statement: str, cvr: str | None, period: Period, day: str) -> list[Any]:
    """`day`: what of a row must lie in the period."""
    whose = "p" if statement is ENDED else "l"
    parts, values = {"company": "true", "since": "true", "paid_on": PAID_ON}, list[Any]()
    if cvr is not None:
        parts["company"] = f"{whose}.company = {db.handle.param}"
        values.append(cvr)
    if period.since is not None:
        parts["since"] = f"{day} >= {db.handle.param}"
        values += [period.since.isoformat()] * statement.count("{since}")
    parts |= {"payment": PAYMENT.format(**parts)} | (SQLITE if db.is_sqlite() else POSTGRESQL)
    return list(db.handle.execute_sql(statement.format(**parts), values).fetchall())


def _kroner(oere: Any) -> Decimal:
    return Decimal(int(oere)).scaleb(-2)
