"""`rykker status` on a terminal."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from rich.console import Group, RenderableType
from rich.text import Text

from common.calendar import COPENHAGEN
from deploy.reports.broker import Broker
from deploy.reports.companies import CompanyState, Fetched
from deploy.reports.shown import NONE, instant, pairs, section, table
from deploy.reports.status import HeldLetter, Status, Time, Waiting


def shown(status: Status) -> RenderableType:
    """Everything; sections about trouble only where there is some."""
    aside = [(row.company, row.number, row.reason, instant(row.seen_at)) for row in status.set_aside]
    now = status.clock.now
    failed = [
        (f"{row.count}", row.cause, ", ".join(row.queues), instant(row.latest_at)) for row in status.failed_messages
    ]
    parts: list[RenderableType] = [
        pairs(
            [("Clock", _time(status.clock)), ("Letters", _counts(status.letters)), ("Outbox", _waiting(status.outbox))]
        ),
        "",
        section(
            "Companies",
            table(("CVR", "Name", "Fetches", "Procedures"), [_company(row, now) for row in status.companies]),
        ),
    ]
    if aside:
        parts.append(
            section("Set aside: invoices that can't be read", table(("Company", "Invoice", "Why", "Seen"), aside))
        )
    if status.held_letters:
        parts.append(section("Held letters: a person must decide (rykker letters held)", _held(status.held_letters)))
    if status.not_asked:
        unasked = [(row.company, f"{len(row.invoices)}", row.reason) for row in status.not_asked]
        shown_ = table(("Company", ">Invoices", "Refused"), unasked)
        parts.append(section("Not asked: the company's mail is refused (rykker letters refused)", shown_))
    if status.unknown_rates:
        ends = f"It ends with the day before {status.unknown_rates[0]}: set the reference rate (rykker rates set)"
        parts.append(section("Default interest", Text(ends)))
    if failed:
        parts.append(
            section("Failed messages (rykker failed list)", table((">Count", "Cause", "Queue", "Latest"), failed))
        )
    return Group(*parts, section("Queues", _queues(status.broker)))


def _time(clock: Time) -> str:
    faster = f"{clock.speed:,.0f} times as fast as real time" if clock.speed else "stopped"
    speed = "real time" if clock.speed == 1 else faster
    return f"{clock.now.astimezone(COPENHAGEN):%A} {instant(clock.now)} in Copenhagen, {speed}"


def _counts(counts: dict[str, int], between: str = ", ") -> str:
    return between.join(f"{count} {name.replace('_', ' ')}" for name, count in counts.items()) or NONE


def _waiting(outbox: Waiting) -> str:
    if outbox.oldest_overdue_seconds is None:
        return f"{outbox.later} waiting for their time, none late"
    oldest = timedelta(seconds=outbox.oldest_overdue_seconds)
    return f"{outbox.later} waiting for their time, {outbox.overdue} late, the oldest by {oldest}"


def _company(row: CompanyState, now: datetime) -> tuple[str, ...]:
    name = row.name + (" (paused)" if row.paused else "")
    fetches = [*(_fetched(row.last_fetch) if row.last_fetch else ()), _upcoming(row.next_fetch_at, now)]
    return row.cvr, name, "\n".join(fetches), _counts(row.procedures, "\n")


def _upcoming(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "no API key: nothing is fetched"
    return f"next {instant(at)}" if at > now else "next: due now"


def _fetched(fetch: Fetched) -> Iterator[str]:
    yield f"last {instant(fetch.requested_at)} {fetch.state}{fetch.reason and f': {fetch.reason}'}"
    if not fetch.trusted:
        yield "far fewer invoices than before: not trusted"
    if not fetch.marks_paid:
        yield "hardly an invoice is marked as paid: nothing starts by itself"
    counts = {"seen": fetch.seen, "overdue": fetch.overdue, "found": fetch.found, "set aside": fetch.set_aside}
    if any(counts.values()):
        yield _counts({name: count for name, count in counts.items() if count})


def _held(letters: list[HeldLetter]) -> RenderableType:
    rows = (
        (row.company, f"{row.kind} {row.step or ''}", row.recipient, instant(row.planned_at), row.id) for row in letters
    )
    return table(("Company", "Letter", "To", "Planned", "Id"), rows)


def _queues(broker: Broker) -> RenderableType:
    if not broker.answers:
        return Text(f"  no answer: {broker.problem}")
    rows = ((row.queue, f"{row.ready}", f"{row.retrying}", f"{row.dead}") for row in broker.queues)
    return table(("Queue", ">Ready", ">Retrying", ">Dead"), rows)
