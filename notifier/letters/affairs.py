"""The company's own affairs: its key, its fetches, what the portal charges it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common import events as e
from common.calendar import local_date
from common.money import ZERO, kroner
from common.reasons import in_words
from notifier.facts import Creditor
from notifier.letters.draft import Draft

VAT = Decimal("0.25")  # momsloven § 33
LISTED = 100  # lines of a statement, or of what is set aside; the rest is one sum


def key_refused(creditor: Creditor, event: e.FetchFailed, portal: str) -> Draft:
    """Once for each key."""
    says = {"reason": event.reason, "portal": portal}
    return Draft(
        kind="key_refused",
        creditor=creditor,
        about=creditor.cvr,
        step=event.key_no,
        recipient=creditor.email,
        says=says,
    )


def held(creditor: Creditor, event: e.ProcedureHeld, portal: str) -> Draft:
    """Its reminders wait for a good fetch: once for each cause, however many procedures say it."""
    since = local_date(event.since) if event.since else None
    says = {"reason": event.reason, "since": since, "portal": portal}
    return Draft(kind="held", creditor=creditor, about=held_about(event), recipient=creditor.email, says=says)


def held_about(event: e.ProcedureHeld) -> str:
    return f"{event.company}/{event.fetch_id or 'never'}"


def payments_unmarked(creditor: Creditor, event: e.PaymentsUnmarked) -> Draft:
    """Nobody knows who has paid, so nothing starts by itself: once, until payments are there."""
    says = {"seen": event.seen, "paid": event.paid}
    about = f"{event.company}/{event.fetch_id}"
    return Draft(kind="payments_unmarked", creditor=creditor, about=about, recipient=creditor.email, says=says)


@dataclass(frozen=True, kw_only=True)
class Unreadable:
    """An invoice that was set aside, and why; "?" stands for all that have no number."""

    number: str
    reason: str


def set_aside(creditor: Creditor, event: e.InvoicesSetAside, found: Sequence[Unreadable]) -> Draft:
    """All that can't be read, when there are new ones among them."""
    shown = [(one.number, in_words(one.reason, creditor.language)) for one in found[:LISTED]]
    says = {"found": shown, "more": len(found[LISTED:])}
    about = f"{event.company}/{event.fetch_id}"
    return Draft(kind="set_aside", creditor=creditor, about=about, recipient=creditor.email, says=says)


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What the portal charged for an invoice on a day, without VAT; negative when it was taken back."""

    number: str
    step: int
    on: date
    amount: Decimal


def statement(creditor: Creditor, month: date, costs: Sequence[Cost]) -> Draft:
    """What the portal charged in a month, line by line, with VAT."""
    total = sum((cost.amount for cost in costs), ZERO)
    vat = kroner(total * VAT)
    says = {
        "month": month,
        "lines": costs[:LISTED],
        "more": len(costs[LISTED:]),
        "rest": sum((cost.amount for cost in costs[LISTED:]), ZERO),
        "total": total,
        "vat": vat,
        "with_vat": total + vat,
    }
    about = f"{creditor.cvr}/{month}"
    return Draft(kind="statement", creditor=creditor, about=about, recipient=creditor.email, says=says)
