"""When a company is to be fetched; pure."""

from datetime import datetime

from common.calendar import local_time


def is_due(fetch_at: str, now: datetime) -> bool:
    """Whether the wall clock in Copenhagen has passed `fetch_at` (HH:MM) today.

    A time that summer time skips counts as passed at once after the gap; one that comes twice has passed the first time
    (that it is fetched once a date is the unique key's business).
    """
    return f"{local_time(now):%H:%M}" >= fetch_at
