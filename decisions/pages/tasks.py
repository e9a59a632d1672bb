"""What waits for the company, and the link that does it. It only shows: the pages behind the links act."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from starlette.responses import Response

from common.money import ZERO
from decisions import addresses, tasks
from decisions.rooms import Room, Visit
from decisions.tasks import FIRST, KINDS, MOST, Item, Tasks
from decisions.words import Words

LISTED = {  # where all of a kind are
    "disputed": "/invoices?show=paused",
    "said_paid": "/invoices?show=paused",
    "waiting": "/invoices?show=awaiting_decision",
    "unasked": "/invoices?show=waiting",
    "no_address": "/invoices?show=running",
    "undelivered": "/invoices?show=running",
    "fees": "/invoices?show=collecting_fees",
    "escalated": "/invoices?show=escalated",
    "not_fresh": "/fetches",
    "payments": "/fetches",
    "set_aside": "/fetches",
    "key": "/profile/key",
    "mail": "/profile",
}
DONE_THERE = ("waiting", "unasked", "set_aside")  # these are dealt with in the list, too


@dataclass(frozen=True)
class Line:
    """One thing that waits: of what, with its link; how it is; since when."""

    name: str
    detail: str
    link: str
    amount: str
    note: str


@dataclass(frozen=True)
class Section:
    """All of one kind. `link` to the others, "" for none; `more`: there are more than the lines."""

    kind: str
    title: str
    text: str
    link: str
    lines: list[Line]
    more: bool


def shown(visit: Visit) -> Response:
    found = tasks.waiting(visit.company)
    sections = [_section(kind, found, visit) for kind in KINDS if kind in found.counts]
    return visit.page("tasks.html", sections=sections)


def _section(kind: str, found: Tasks, visit: Visit) -> Section:
    say, number = visit.say, found.counts[kind]
    items = found.items.get(kind, [])
    lines = [_line(kind, item, found, visit) for item in items]
    lines += [Line(x.number, "", "", "", "") for x in found.set_aside if kind == "set_aside"]
    return Section(
        kind=kind,
        title=say(f"tasks.{kind}.{_amount(number)}", count=_count(number, say)),
        text=_text(kind, found, say),
        link=LISTED.get(kind, "") if not lines or number > FIRST or kind in DONE_THERE else "",
        lines=lines,
        more=number > FIRST,
    )


def _amount(number: int) -> str:
    return "one" if number == 1 else "many"


def _count(number: int, say: Words) -> str:
    return say("tasks.more_than", count=MOST) if number > MOST else str(number)


def _text(kind: str, found: Tasks, say: Words) -> str:
    if kind != "key" or found.key is None:
        return say(f"tasks.{kind}.text")
    if found.key.lost_at:
        return say("tasks.key.lost")
    return say(f"tasks.key.{'none' if found.key.state == 'accepted' else found.key.state}")


def _line(kind: str, item: Item, found: Tasks, visit: Visit) -> Line:
    say, procedure, invoice = visit.say, item.procedure, item.invoice
    number = procedure.invoice_number
    return Line(
        name=invoice.debtor.name if invoice else number,
        detail=say("tasks.invoice", number=number),
        link=addresses.invoice(number),
        amount=say.amount(item.charges if kind == "fees" else max(procedure.amount - procedure.paid, ZERO)),
        note=_note(kind, item, found, visit),
    )


def _note(kind: str, item: Item, found: Tasks, visit: Visit) -> str:
    """Since when it waits, and what happens by itself."""
    say = visit.say
    words: dict[str, Any] = {"date": say.day(tasks.since(kind, item))}
    if kind == "waiting":
        starts = tasks.starts_on(item, visit.company, marks_paid="payments" not in found.counts)
        name = "tasks.waiting.starts" if starts else "tasks.waiting.stays"
        return say(name, **words, start=say.weekday(_not_past(starts, visit.today)))
    if kind == "said_paid" and item.procedure.paused_until:
        return say("tasks.said_paid.until", **words, until=say.weekday(item.procedure.paused_until))
    if kind == "held" and item.letter:
        is_lawful = not item.letter.reason.startswith(("renteloven", "inkassoloven"))
        return say("tasks.held.unknown" if is_lawful else "tasks.held.forbidden", **words)
    return say("tasks.since", **words)


def _not_past(day: date | None, today: date) -> date:
    """A date that has passed is today's work."""
    return max(day or today, today)


ROOMS = (Room("/tasks", get=shown),)
