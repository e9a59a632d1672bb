"""`rykker events replay`."""

import re
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from common import clock
from common.calendar import COPENHAGEN
from common.one_queue import OneQueue, QueueMissing
from common.publisher import BrokerUnreachable
from common.tables import Outbox
from deploy import event_log
from deploy.company_commands import Json
from deploy.event_log import Part
from deploy.reports.shown import give
from deploy.session import Failed, Refused, database, say

events_app = typer.Typer(help="The log of all events.", no_args_is_help=True)
UNITS = {"m": "minutes", "h": "hours", "d": "days"}
TELL_EVERY = 2.0  # seconds
Since = Annotated[str, typer.Option(help="2026-03-02, 2026-03-02T14:30 (Copenhagen), or 90m, 6h, 3d ago.")]


@events_app.callback()
def events() -> None:
    """A group with one command so far."""


@events_app.command()
def replay(
    since: Since,
    to: Annotated[str, typer.Option(metavar="QUEUE", help="The one queue that hears them.")],
    until: Annotated[str, typer.Option(help="Like --since; else now.")] = "0m",
    types: Annotated[list[str] | None, typer.Option("--type", help="Only this; `invoice.*` for several.")] = None,
    company: Annotated[str, typer.Option(metavar="CVR", help="Only this company's.")] = "",
    after: Annotated[int, typer.Option(help="Go on behind this row: what a replay that ended early says.")] = 0,
    rate: Annotated[int, typer.Option(min=1, help="Messages a second.")] = 500,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Count, and publish nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Say events again, with the ids they had, to one queue: its subscriber was away, or the queue is new.

    One of our own queues hears only what its process has not handled.
    """
    with database(quiet=as_json) as ready:
        now, kinds = clock.business_now(), event_log.types_for(to, types or ())
        begin, end = instant(since, now), instant(until, now)
        part = Part(queue=to, types=kinds, since=begin, until=end, company=company, after=after)
        with OneQueue(ready.broker, to) as queue:
            total = part.rows().count()
            count = 0 if dry_run else _publish(part, queue, total, rate)
        report = {"queue": to, "found": total, "published": count, "since": part.since, "until": part.until}
        give(report, as_json, lambda: f"{total:,} to say again" if dry_run else f"said {count:,} again to {to}")


def _publish(part: Part, queue: OneQueue, total: int, rate: int) -> int:
    count, reached, told = 0, part.after, time.monotonic()
    try:
        for batch in _paced(event_log.say_again(part, queue), rate):
            reached, count = batch[-1].id, count + len(batch)
            if time.monotonic() - told > TELL_EVERY:
                say(f"{count:,} of {total:,}, up to row {reached}")
                told = time.monotonic()
    except (event_log.Unconfirmed, BrokerUnreachable, QueueMissing, KeyboardInterrupt) as error:
        raise Failed(f"{str(error) or 'interrupted'} Go on with: {_again(part, reached, rate)}") from error
    return count


def _paced(batches: Iterator[Sequence[Outbox]], rate: int) -> Iterator[Sequence[Outbox]]:
    began, count = time.monotonic(), 0
    for batch in batches:
        yield batch
        count += len(batch)
        time.sleep(max(0.0, began + count / rate - time.monotonic()))


def _again(part: Part, reached: int, rate: int) -> str:
    """The command that says the rest."""
    words = f"rykker events replay --to {part.queue} --since {part.since.isoformat()} --until {part.until.isoformat()}"
    if part.types != event_log.types_for(part.queue, ()):
        words += "".join(f" --type {kind}" for kind in part.types)
    words += f" --company {part.company}" if part.company else ""
    return f"{words} --rate {rate} --after {reached}"


def instant(text: str, now: datetime) -> datetime:
    """A date or an instant (Copenhagen where it says no zone), or how long ago. Raises Refused."""
    try:
        if ago := re.fullmatch(r"([0-9]{1,6})([mhd])", text):
            return now - timedelta(**{UNITS[ago[2]]: int(ago[1])})
        given = datetime.fromisoformat(text)
        return (given if given.tzinfo else given.replace(tzinfo=COPENHAGEN)).astimezone(UTC)
    except (ValueError, OverflowError) as error:  # the first and the last day of all reach beyond, in some zones
        raise Refused(f"{text!r} is no time: 2026-03-02, 2026-03-02T14:30, 90m, 6h or 3d") from error
