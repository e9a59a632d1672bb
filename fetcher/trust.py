"""Whether a finished fetch may be believed: far fewer invoices than before are a fault of the ERP, or of its key; and
whether payments are marked in it, which comes from reconciliation with the books and may be years behind; pure.

A company's first fetch lists everything, later ones from the horizon on, which stays: so what they see grows, and only
they are measured by each other. A company that shortens its horizon is believed on the third day.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

FEWER = 10  # invoices; less is how a small company comes and goes, if any are left
DAYS = 2  # other days that say nearly the same
TELLING = 20  # invoices; of fewer it may be chance that none is paid
ALMOST_NONE = 20  # fewer than one paid invoice in so many


class Past(NamedTuple):
    """An earlier fetch that was finished: its business date, what it saw, and whether it was believed."""

    day: date
    seen: int
    trusted: bool


def is_trusted(seen: int, today: date, past: Sequence[Past]) -> bool:
    """`past` is the newest first, and listed what this one lists; without a trusted one there is no measure."""
    last = next((one.seen for one in past if one.trusted), seen)
    return not _is_far_fewer(seen, last) or _is_confirmed(seen, today, past)


def _is_far_fewer(seen: int, last: int) -> bool:
    return seen * 2 < last and (last - seen >= FEWER or not seen)


def _is_confirmed(seen: int, today: date, past: Sequence[Past]) -> bool:
    """The last fetches of two other days saw as few, within a quarter of each other: then it is how things are."""
    latest = {one.day: one.seen for one in reversed(past) if one.day != today}
    days = sorted(latest, reverse=True)[:DAYS]
    counts = [seen, *(latest[day] for day in days)]
    return len(days) == DAYS and min(counts) * 4 >= max(counts) * 3


def marks_paid(seen: int, paid: int, *, before: bool) -> bool:
    """Whether the company marks payments at all, as far as a fetch can tell; else it is as it was `before`."""
    if paid and paid * ALMOST_NONE >= seen:
        return True
    return before and seen < TELLING
