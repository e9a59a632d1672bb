from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from peewee import IntegrityError

from common import bulk, clock, db, outbox
from common import events as e
from common.tables import Outbox, RelayLease

pytestmark = pytest.mark.usefixtures("sqlite")
LONG_AGO = datetime(2026, 3, 2, 7, tzinfo=UTC)


def page(cursor: str, company: str = "12345674") -> e.FetchPageRequested:
    return e.FetchPageRequested(company=company, fetch_id="f", cursor=cursor)


def add(*events: e.Event, **when: timedelta) -> None:
    with db.transaction():
        outbox.add(*events, at=clock.business_now() + when["after"] if when else None)


def rows() -> list[Outbox]:
    with db.connection():
        return list(Outbox.select().order_by(Outbox.id))


def claimed(owner: str) -> list[str]:
    batch = outbox.claim(owner)
    return [row.event_id for row in batch.rows] if batch else []


def leases() -> list[str]:
    with db.connection():
        return [lease.owner for lease in RelayLease.select()]


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


def test_what_was_not_said_yet_can_be_told_apart() -> None:
    add(page("1"), page("2"))

    with db.connection():
        news = outbox.unsaid([page("1"), page("3"), page("2"), page("3"), page("1", "11111111")])
        none = outbox.unsaid([])

    assert [(event.company, getattr(event, "cursor", "")) for event in news] == [("12345674", "3"), ("11111111", "1")]
    assert none == []


def test_what_waits_is_found_by_company_subject_and_type_until_it_is_published() -> None:
    mine = page("1")
    other = e.FetchFailed(company=mine.company, fetch_id="f", reason="unavailable", key_no=1)
    add(other, page("1", "11111111"), e.FetchPageRequested(company=mine.company, fetch_id="g", cursor="1"))

    with db.connection():
        assert not outbox.waiting([mine]).exists()
    add(mine)
    with db.connection():
        assert outbox.waiting([page("another")]).count() == 1

    outbox.relay(Broker(), "a")
    with db.connection():
        assert not outbox.waiting([mine]).exists()


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
    assert (row.published_at, row.reason, row.tries) == (None, word, 1)
    assert row.retry_at is not None
    assert timedelta(0) < row.retry_at - clock.real_now() < timedelta(seconds=5)
    assert outbox.claim("b") is None


def test_a_later_event_waits_for_its_time() -> None:
    add(page("now"))
    add(page("later"), after=timedelta(hours=1))

    assert claimed("a") == [rows()[0].event_id]


def test_what_one_scheduler_has_claimed_another_leaves_until_the_lease_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    add(page("1"))

    assert len(claimed("a")) == 1
    assert claimed("b") == []

    later = clock.real_now() + outbox.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    assert len(claimed("b")) == 1


def test_a_lease_ends_with_what_was_said_of_its_rows() -> None:
    add(page("1"))

    outbox.relay(Broker(), "a")

    assert leases() == []


def test_a_lease_that_ran_out_is_removed_with_the_next_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    add(page("1"))
    outbox.claim("a")
    later = clock.real_now() + outbox.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)

    outbox.claim("b")

    assert leases() == ["b"]


def test_a_scheduler_that_lost_its_lease_does_not_touch_the_others_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    add(page("1"))
    mine = outbox.claim("a")
    later = clock.real_now() + outbox.LEASE + timedelta(seconds=1)
    monkeypatch.setattr(clock, "real_now", lambda: later)
    theirs = outbox.claim("b")
    assert mine is not None
    assert theirs is not None

    outbox.stamp(mine, {mine.rows[0].event_id: "unknown"})

    assert leases() == ["b"]
    assert claimed("c") == []


def test_what_another_scheduler_has_published_stays_as_it_noted_it() -> None:
    add(page("1"))
    mine = outbox.claim("a")
    assert mine
    with db.transaction():
        Outbox.update(published_at=LONG_AGO).execute()

    outbox.stamp(mine, {mine.rows[0].event_id: "confirmed"})

    assert rows()[0].published_at == LONG_AGO


def test_a_row_that_somebody_has_locked_or_leased_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    add(page("1"), page("2"))
    before, after = set[int](), {rows()[0].id}
    monkeypatch.setattr(outbox, "leaving", iter([before, after]).__next__)

    assert claimed("a") == [rows()[1].event_id]


def test_a_row_is_leaving_as_long_as_a_relay_has_it() -> None:
    add(page("1"))
    row_id = rows()[0].id

    with db.transaction():
        assert row_id not in outbox.leaving()
    outbox.claim("a")
    with db.transaction():
        assert row_id in outbox.leaving()


def test_a_big_company_delays_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outbox, "BATCH", 4)
    add(*[page(str(n), "11111111") for n in range(50)])
    add(page("1", "22222222"), page("1", "33333333"))

    first = outbox.claim("a")

    assert first
    assert sorted(msgspec.json.decode(row.body)["company"] for row in first.rows) == [
        "11111111",
        "11111111",
        "22222222",
        "33333333",
    ]


def test_more_events_than_one_statement_holds_go_in_together() -> None:
    add(*[page(str(n)) for n in range(bulk.VARIABLES // 8)])

    assert len(rows()) == bulk.VARIABLES // 8
