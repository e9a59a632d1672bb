"""Wishes to fetch: one for each day and company, and none beside one that is under way."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from common import db, fetches
from common.tables import Fetch, FetchRun, Outbox

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
CVR, OTHER = "11111111", "22222222"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def wishes() -> list[Fetch]:
    with db.connection():
        return list(Fetch.select().order_by(Fetch.requested_at))


def said() -> list[str]:
    with db.connection():
        return [row.type for row in Outbox.select()]


def run(fetch_id: str, state: str) -> None:
    with db.transaction():
        FetchRun.create(fetch_id=fetch_id, company=CVR, state=state, began_at=MONDAY)


@pytest.mark.usefixtures("sqlite")
def test_a_second_wish_for_the_same_occasion_is_the_first_one() -> None:
    new = [fetches.request([CVR], MONDAY, fetches.DAILY) for _ in range(3)]
    fetches.request([CVR], MONDAY, "asked at noon")

    assert new == [1, 0, 0]
    assert {row.occasion for row in wishes()} == {"daily", "asked at noon"}
    assert said() == ["fetch.requested"] * 2


@pytest.mark.usefixtures("database")
def test_who_asks_is_written_down_and_the_fetcher_told() -> None:
    asked = fetches.ask(CVR, MONDAY, "bog@holm.dk")

    assert asked.is_new
    assert [(row.id, row.by, row.occasion) for row in wishes()] == [
        (asked.fetch_id, "bog@holm.dk", "asked 2026-03-02T07:00:00+00:00")
    ]
    assert said() == ["fetch.requested"]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize("state", [None, "running"])
def test_while_one_waits_or_runs_another_click_is_that_one(state: str | None) -> None:
    fetches.request([CVR], MONDAY, fetches.DAILY)
    (daily,) = wishes()
    if state:
        run(daily.id, state)

    asked = [fetches.ask(CVR, MONDAY + later, "bog@holm.dk") for later in (MINUTE, HOUR - MINUTE)]

    assert asked == [(daily.id, False)] * 2
    assert len(wishes()) == 1


@pytest.mark.usefixtures("sqlite")
def test_after_an_hour_of_waiting_he_may_ask_anew() -> None:
    first = fetches.ask(CVR, MONDAY, "bog@holm.dk")
    run(first.fetch_id, "running")

    assert fetches.ask(CVR, MONDAY + HOUR, "bog@holm.dk").is_new


@pytest.mark.usefixtures("sqlite")
@pytest.mark.parametrize("state", ["finished", "failed"])
def test_one_that_has_ended_is_followed_by_another_a_minute_later_and_not_before(state: str) -> None:
    first = fetches.ask(CVR, MONDAY, "bog@holm.dk")
    run(first.fetch_id, state)

    too_soon = fetches.ask(CVR, MONDAY + MINUTE / 2, "bog@holm.dk")
    later = fetches.ask(CVR, MONDAY + MINUTE, "bog@holm.dk")

    assert too_soon == (first.fetch_id, False)
    assert later.is_new


@pytest.mark.usefixtures("sqlite")
def test_the_daily_one_that_has_just_ended_holds_up_nobody() -> None:
    fetches.request([CVR], MONDAY, fetches.DAILY)
    run(wishes()[0].id, "finished")

    assert fetches.ask(CVR, MONDAY + MINUTE / 2, "bog@holm.dk").is_new


@pytest.mark.usefixtures("sqlite")
def test_a_fetch_of_another_company_holds_up_nobody() -> None:
    fetches.ask(OTHER, MONDAY, "andre@firma.dk")

    assert fetches.ask(CVR, MONDAY, "bog@holm.dk").is_new


@pytest.mark.usefixtures("sqlite")
def test_one_that_was_asked_for_before_midnight_still_counts_after_it() -> None:
    late = datetime(2026, 3, 2, 22, 50, tzinfo=UTC)
    first = fetches.ask(CVR, late, "bog@holm.dk")

    assert fetches.ask(CVR, late + HOUR / 2, "bog@holm.dk") == (first.fetch_id, False)


@pytest.mark.usefixtures("database")
def test_several_clicks_at_once_are_one_fetch() -> None:
    with ThreadPoolExecutor(6) as people:
        seconds = [MONDAY + timedelta(seconds=n) for n in range(6)]
        asked = list(people.map(lambda at: fetches.ask(CVR, at, "bog@holm.dk"), seconds))

    assert sum(one.is_new for one in asked) == 1
    assert len({one.fetch_id for one in asked}) == len(wishes()) == 1
