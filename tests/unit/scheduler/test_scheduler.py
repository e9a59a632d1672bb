from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from common import db, fetches, outbox
from common import events as e
from common.publisher import DeadLetter
from common.tables import Company, FailedMessage, Fetch, Letter, Outbox, Procedure
from scheduler import deadletters, store
from tests.contracts.samples import SAMPLES
from tests.unit.dunning.procedures import awaiting, overdue

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("fetch_at", "now", "due"),
    [
        ("08:00", datetime(2026, 3, 2, 6, 59, tzinfo=UTC), False),
        ("08:00", datetime(2026, 3, 2, 7, 0, tzinfo=UTC), True),
        ("08:00", datetime(2026, 7, 1, 6, 0, tzinfo=UTC), True),  # summer time
        ("08:00", datetime(2026, 7, 1, 5, 59, tzinfo=UTC), False),
        ("02:30", datetime(2026, 3, 29, 0, 59, tzinfo=UTC), False),  # 01:59; the next minute is 03:00
        ("02:30", datetime(2026, 3, 29, 1, 0, tzinfo=UTC), True),
        ("02:30", datetime(2026, 10, 25, 0, 29, tzinfo=UTC), False),  # 02:29 for the first time
        ("02:30", datetime(2026, 10, 25, 0, 30, tzinfo=UTC), True),
        ("23:59", datetime(2026, 3, 2, 22, 59, tzinfo=UTC), True),
        ("00:00", datetime(2026, 3, 2, 23, 0, tzinfo=UTC), True),  # the next date has begun
    ],
)
@pytest.mark.usefixtures("sqlite")
def test_the_time_of_day_is_copenhagens_over_both_clock_changes(fetch_at: str, now: datetime, due: bool) -> None:
    company("11111111", fetch_at=fetch_at)

    assert store.companies_due(now) == ["11111111"] * due


def company(cvr: str, **fields: Any) -> None:
    with db.transaction():
        Company.create(
            **({"cvr": cvr, "name": cvr, "email": "a@b.example", "api_key": "k", "created_at": MONDAY} | fields)
        )


def outboxed() -> list[Outbox]:
    with db.connection():
        return list(Outbox.select().order_by(Outbox.id))


@pytest.mark.usefixtures("sqlite")
class TestFetches:
    def test_those_whose_time_has_come_are_due_once_a_date(self) -> None:
        company("11111111", fetch_at="06:00")
        company("22222222", fetch_at="08:01")
        company("33333333", fetch_at="06:00", api_key=None)

        assert store.companies_due(MONDAY) == ["11111111"]
        fetches.request(["11111111"], MONDAY, fetches.DAILY)

        assert store.companies_due(MONDAY) == []
        assert store.companies_due(MONDAY + timedelta(minutes=1)) == ["22222222"]
        assert store.companies_due(MONDAY + timedelta(days=1)) == ["11111111"]

    def test_the_hour_that_comes_twice_is_fetched_once(self) -> None:
        company("11111111", fetch_at="02:30")
        first, second = (datetime(2026, 10, 25, hour, 30, tzinfo=UTC) for hour in (0, 1))

        assert store.companies_due(first) == ["11111111"]
        fetches.request(["11111111"], first, fetches.DAILY)

        assert store.companies_due(second) == []

    def test_what_was_missed_today_is_caught_up_and_yesterday_is_not(self) -> None:
        company("11111111", fetch_at="06:00")

        late = datetime(2026, 3, 4, 22, 30, tzinfo=UTC)
        fetches.request(store.companies_due(late), late, fetches.DAILY)

        with db.connection():
            assert [row.business_date for row in Fetch.select()] == [date(2026, 3, 4)]


@pytest.mark.usefixtures("sqlite")
class TestNet:
    def add_procedure(self, wake_at: datetime | None) -> None:
        before = awaiting()
        with db.transaction():
            from dunning.store import save

            save(before.but(wake_at=None, wake_no=7), overdue())
            db.catch_up()
            Procedure.update(wake_at=wake_at).execute()

    def test_a_timer_that_was_lost_is_added_anew_once_an_hour(self) -> None:
        self.add_procedure(MONDAY)
        later = MONDAY + timedelta(hours=1, minutes=1)

        assert store.nudge_missed(MONDAY + timedelta(minutes=59)) == 0
        assert store.nudge_missed(later) == 1
        assert store.nudge_missed(later) == 0  # it waits in the outbox
        with db.transaction():
            Outbox.update(published_at=later).execute()
        assert store.nudge_missed(later) == 0  # this hour had its try
        assert store.nudge_missed(later + timedelta(hours=1)) == 1

        assert {row.type for row in outboxed()} == {"procedure.due"}

    def test_a_procedure_that_waits_for_nothing_is_left_alone(self) -> None:
        self.add_procedure(None)

        assert store.nudge_missed(MONDAY + timedelta(days=99)) == 0

    def test_a_letter_that_nobody_sent_is_planned_again(self) -> None:
        unsent = {"about": "x", "recipient": "a@b.example", "subject": "s", "message_id": "m", "content": b""}
        with db.transaction():
            for number, state in enumerate(["planned", "sending", "sent", "held"]):
                Letter.create(
                    id=str(number),
                    company="12345674",
                    kind="notice",
                    step=number,
                    state=state,
                    try_at=MONDAY,
                    planned_at=MONDAY,
                    **unsent,
                )

        assert store.nudge_missed(MONDAY + timedelta(hours=2)) == 2
        assert [row.subject for row in outboxed()] == ["letter/0", "letter/1"]


def wire(event: e.Event) -> str:
    return outbox._row(event.identified("tests"), MONDAY, MONDAY)["body"]  # type: ignore[no-any-return]


EVENT = SAMPLES[0]


@pytest.mark.parametrize(
    ("body", "headers", "event_type", "cause"),
    [
        (
            msgspec.json.encode(
                {"actor_name": "x", "args": [{"body": wire(EVENT)}], "options": {"traceback": "Trace\nOops: no"}}
            ),
            {},
            "fetch.requested",
            "Oops: no",
        ),
        (
            wire(EVENT).encode(),
            {"x-death": [{"reason": "delivery_limit", "queue": "fetcher"}]},
            "fetch.requested",
            "delivery_limit by fetcher",
        ),
        (b"\xff\x00", {}, "", "The message is no event that this version can read."),
        (b"[1]", {}, "", "The message is no event that this version can read."),
    ],
    ids=["gave up after retries", "killed its worker", "no text", "no event"],
)
def test_a_dead_letter_says_what_it_was_and_why(body: bytes, headers: Any, event_type: str, cause: str) -> None:
    row = deadletters.failed_message(DeadLetter("fetcher", body, headers), MONDAY)

    assert row.type == event_type
    assert row.cause.startswith(cause)


@pytest.mark.usefixtures("sqlite")
def test_a_dead_letter_that_comes_twice_is_kept_once() -> None:
    for _ in range(2):
        store.keep_failed(deadletters.failed_message(DeadLetter("fetcher", b"[1]", {}), MONDAY))

    with db.connection():
        assert FailedMessage.select().count() == 1
