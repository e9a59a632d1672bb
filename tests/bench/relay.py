"""Outbox rows to the broker's confirms, beside publishing the same bodies without a database."""

import threading
import time
from collections.abc import Iterator
from typing import Any

from common import clock, cloudevents, db, publisher
from common import events as e
from common.publisher import Publisher
from common.settings import BrokerAddress
from common.tables import Outbox
from scheduler.app import RELAYS, Relay
from tests.bench.figures import Figure, medians
from tests.bench.place import Place, Room
from tests.bench.publishing import publish, waiting
from tests.contracts.samples import SAMPLES

N = 50_000
COMPANIES = 50
OWNER = "bench"
# One statement for all rows: a sample's body, with an id of its own in each. Companies take turns.
FILL = """
INSERT INTO outbox (event_id, type, company, subject, body, at, added_at, tries, reason)
SELECT id, %s, (10000000 + n %% %s)::text, 'invoice/' || n, replace(%s, %s, id), %s, %s, 0, ''
FROM (SELECT n, gen_random_uuid()::text AS id FROM generate_series(1, %s) AS n) AS numbered
"""


def run(place: Place) -> Iterator[Figure]:
    n = place.options.n or N
    ours, bare = (n / seconds for seconds in medians(lambda: _both(place, n), place.options.repeat))
    yield Figure(
        row="relay",
        what="outbox row to confirmed",
        n=n,
        ours=ours,
        bare=bare,
        unit="events/s",
        against="publishing the same bodies with amqp, pipelined",
        target="≥ 8,000/s, ≥ 60 %",
        met=ours >= 8000 and ours / bare >= 0.6,
    )


def _both(place: Place, n: int) -> tuple[float, float]:
    with place.fresh() as room:
        sample = fill(n)
        with db.connection():
            bodies: Any = list(Outbox.select(Outbox.type, Outbox.event_id, Outbox.body).order_by(Outbox.id).tuples())
        assert {kind for kind, _, _ in bodies} == {sample.type}
        ours = _relay(room.settings.broker, n)
        _empty(room)
        bare = publish(room.settings.broker, bodies)
        assert waiting(room.settings.broker) == n
    return ours, bare


def fill(n: int) -> e.Event:
    """So many events of an overdue invoice, due now."""
    of_kind = next(event for event in SAMPLES if isinstance(event, e.InvoiceOverdue))
    sample = of_kind.identified(OWNER)
    now = clock.business_now()
    body = cloudevents.to_wire(sample, source=OWNER, time=now)
    with db.transaction():
        db.handle.execute_sql(FILL, (sample.type, COMPANIES, body, sample.id, now, now, n))
    with db.connection():
        db.handle.execute_sql("ANALYZE outbox")
    return sample


def _relay(address: BrokerAddress, n: int) -> float:
    relay = Relay([Publisher(address) for _ in range(RELAYS)], OWNER, threading.Event())
    began = time.perf_counter()
    relay()
    seconds = time.perf_counter() - began
    relay.drop()
    with db.connection():
        assert Outbox.select().where(Outbox.published_at.is_null(False)).count() == n
    assert waiting(address) == n
    return seconds


def _empty(room: Room) -> None:
    with publisher.connected(room.settings.broker) as channel:
        channel.queue_purge("dunning")
