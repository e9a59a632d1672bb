from collections.abc import Sequence
from datetime import timedelta

import msgspec
import pytest
from peewee import IntegrityError

from common import clock, db, outbox
from common import events as e
from common.tables import Outbox

pytestmark = pytest.mark.usefixtures("sqlite")


def page(cursor: str, company: str = "12345674") -> e.FetchPageRequested:
    return e.FetchPageRequested(company=company, fetch_id="f", cursor=cursor)


def add(*events: e.Event, **when: timedelta) -> None:
    with db.transaction():
        outbox.add(*events, at=clock.business_now() + when["after"] if when else None)


def rows() -> list[Outbox]:
    with db.connection():
        return list(Outbox.select().order_by(Outbox.id))


class Broker:
    """Says what it is told to say of every row, and remembers what it was given."""

    def __init__(self, word: str = "confirmed") -> None:
        self.word, self.given = word, [""][:0]

    def publish(self, batch: Sequence[outbox.Said]) -> dict[str, str]:
        self.given += [row.event_id for row in batch]
        return {row.event_id: self.word for row in batch}


def test_an_event_needs_the_transaction_that_made_it_true() -> None:
    with db.connection(), pytest.raises(RuntimeError):
        outbox.add(page("1"))


def test_a_rollback_takes_the_event_with_it() -> None:
    with pytest.raises(ZeroDivisionError), db.transaction():
        outbox.add(page("1"))
        raise ZeroDivisionError

    assert rows() == []


def test_what_was_said_is_not_said_again() -> None:
    add(page("1"))

    with pytest.raises(IntegrityError):
        add(page("1"))


def test_a_confirmed_event_is_published_once_and_stays_as_the_log() -> None:
    add(page("1"), page("2"))
    broker = Broker()

    assert outbox.relay(broker, "a") == 2
    assert outbox.relay(broker, "a") == 0

    assert len(broker.given) == 2
    assert all(row.published_at for row in rows())


@pytest.mark.parametrize("word", ["nacked", "unknown"])
def test_what_was_not_confirmed_waits_and_is_tried_again(word: str) -> None:
    add(page("1"))

    outbox.relay(Broker(word), "a")

    (row,) = rows()
    assert (row.published_at, row.claimed_by, row.reason, row.tries) == (None, None, word, 1)
    assert row.claimed_until is not None
    assert timedelta(0) < row.claimed_until - clock.real_now() < timedelta(seconds=5)
    assert outbox.claim("b") == []


def test_a_later_event_waits_for_its_time() -> None:
    add(page("now"))
    add(page("later"), after=timedelta(hours=1))

    assert [row.event_id for row in outbox.claim("a")] == [rows()[0].event_id]


def test_what_one_scheduler_has_claimed_another_leaves_until_the_lease_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    add(page("1"))

    assert len(outbox.claim("a")) == 1
    assert outbox.claim("b") == []

    later = clock.real_now() + outbox.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert len(outbox.claim("b")) == 1


def test_a_scheduler_that_lost_its_lease_does_not_touch_the_others_claim() -> None:
    add(page("1"))
    (mine,) = outbox.claim("a")
    with db.transaction():
        Outbox.update(claimed_by="b").execute()

    outbox.stamp("a", [mine], {mine.event_id: "unknown"})

    assert rows()[0].claimed_by == "b"


def test_a_big_company_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 4)
    add(*[page(str(n), "11111111") for n in range(50)])
    add(page("1", "22222222"), page("1", "33333333"))

    first = outbox.claim("a")

    assert sorted(msgspec.json.decode(row.body)["company"] for row in first) == [
        "11111111",
        "11111111",
        "22222222",
        "33333333",
    ]


def test_more_events_than_one_statement_holds_go_in_together() -> None:
    add(*[page(str(n)) for n in range(db.VARIABLES // 8)])

    assert len(rows()) == db.VARIABLES // 8
