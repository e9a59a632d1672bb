"""One look of the scheduler for companies that are due: all of them, and none."""

import time
from collections.abc import Iterator
from statistics import median

from common import db
from common.tables import Fetch, Outbox
from scheduler.app import request_due_fetches
from tests.bench.figures import Figure
from tests.bench.place import Place, add_companies

COMPANIES = (10_000, 100_000)
LOOKS = 7  # with none due
MIDNIGHT = "00:00"  # each day's time has come, whenever this is run


def run(place: Place) -> Iterator[Figure]:
    for n in (place.options.n,) if place.options.n else COMPANIES:
        all_due, none_due = _tick(place, n)
        big = n >= max(COMPANIES)
        yield Figure(
            row="tick",
            what="all due: each fetch is wished for",
            n=n,
            ours=all_due,
            unit="s",
            target="< 60 s" if big else "",
            met=all_due < 60 if big else None,
        )
        yield Figure(
            row="tick",
            what="none due: all have had theirs today",
            n=n,
            ours=none_due * 1000,
            unit="ms",
            target="< 100 ms" if big else "",
            met=none_due < 0.1 if big else None,
        )


def _tick(place: Place, n: int) -> tuple[float, float]:
    """Seconds for the looks until all have had their wish, and for one look after that."""
    with place.fresh() as room:
        add_companies(room.settings, n, 1, fetch_at=MIDNIGHT)
        began = time.perf_counter()
        while _wished() < n:
            request_due_fetches()
        all_due = time.perf_counter() - began
        with db.connection():
            db.handle.execute_sql("ANALYZE")  # as autovacuum does before long
        none_due = median(_look() for _ in range(LOOKS))
        with db.connection():
            assert Outbox.select().count() == n
    return all_due, none_due


def _wished() -> int:
    with db.connection():
        return int(Fetch.select().count())


def _look() -> float:
    began = time.perf_counter()
    request_due_fetches()
    return time.perf_counter() - began
