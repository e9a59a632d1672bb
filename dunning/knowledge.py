"""Whether enough is known of a company's books to ask a debtor for money; pure. DESIGN §4, §5."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

from common.booking import booked_from
from dunning.policy import Policy

Reason = Literal["old", "failed", "shrunk"]


@dataclass(frozen=True, kw_only=True)
class Knowledge:
    """The last good fetch of a company, and what was wrong with a later one."""

    fetch_id: str | None = None
    began_at: datetime | None = None
    since: Literal["failed", "shrunk"] | None = None
    unmarked: frozenset[str | None] = frozenset()  # fetches that saw hardly an invoice marked as paid


def why_held(known: Knowledge, policy: Policy, now: datetime) -> Reason | None:
    """Why no reminder may leave on what is known; None if it may."""
    if known.since:
        return known.since
    is_old = known.began_at is None or known.began_at < now - timedelta(days=policy.fresh_days)
    return "old" if is_old else None


def is_booked(known: Knowledge, policy: Policy, due_on: date) -> bool:
    """Whether a good fetch began after the company had booked what was paid by that date."""
    closed_at = booked_from(due_on, policy.booking_days)
    return closed_at is None or (known.began_at is not None and known.began_at >= closed_at)


def marks_paid(known: Knowledge, fetch_id: str | None) -> bool:
    """Whether payments are marked in the company's books, now and when `fetch_id` found the invoice; DESIGN §4.

    Else nobody knows who has paid, and silence starts nothing.
    """
    return not {known.fetch_id, fetch_id} & known.unmarked
