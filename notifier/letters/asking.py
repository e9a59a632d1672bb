"""The question to the company: shall this be dunned? Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from common.links import DigestLink, PortalLinks
from notifier.facts import Case
from notifier.letters.draft import Draft, about_claim, answers, letter_id

LISTED = 50  # invoices in the mail of a digest; its page lists them all


def notice(case: Case, links: PortalLinks, today: date, attempt: int = 0) -> Draft:
    """One invoice is overdue: shall it be dunned? `attempt` counts the notices that were refused."""
    says = {"today": today, "starts_on": case.claim.starts_on(today), **answers(case, links, "start", "stop")}
    return about_claim("notice", case, says, attempt=attempt)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The invoices of one digest: the first of `count`, which come to `outstanding`."""

    id: str
    attempt: int
    first: Sequence[Case]
    count: int
    outstanding: Decimal


def digest(batch: Batch, links: PortalLinks, today: date) -> Draft:
    """Many invoices are overdue: which shall be dunned?"""
    creditor = batch.first[0].creditor
    link = DigestLink(creditor.cvr, letter_id(batch.id, "digest", attempt=batch.attempt))
    says = {
        "count": batch.count,
        "outstanding": batch.outstanding,
        "entries": [(c.claim, *answers(c, links, "start", "stop").values()) for c in batch.first[:LISTED]],
        "more": batch.count - min(len(batch.first), LISTED),
        "starts_on": next((on for case in batch.first if (on := case.claim.starts_on(today))), None),
        "list": links.digest(link),
    }
    return Draft(
        kind="digest",
        creditor=creditor,
        about=batch.id,
        attempt=batch.attempt,
        recipient=creditor.email,
        says=says,
    )
