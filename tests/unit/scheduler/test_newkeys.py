"""A key that is taken after today's fetch had failed for want of one is fetched with at once; no other is."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from common import db, fetches
from common.tables import Company, Fetch, FetchRun, KeyTrial
from scheduler import newkeys, store

pytestmark = pytest.mark.fast
CVR = "12345674"
MORNING = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
NOON = MORNING + timedelta(hours=6)


@pytest.fixture(autouse=True)
def _company(database: str) -> None:
    with db.transaction():
        for cvr in (CVR, "87654321"):
            Company.create(
                cvr=cvr, name="A", email="a@b.example", api_key="x", api_key_no=2, fetch_at="06:00", created_at=MORNING
            )  # fmt: skip


def fetched(state: str = "failed", reason: str = "key_refused", at: datetime = MORNING) -> None:
    fetches.request([CVR], at, fetches.DAILY)
    with db.transaction():
        fetch_id = Fetch.get(Fetch.company == CVR, Fetch.occasion == fetches.DAILY).id
        FetchRun.create(fetch_id=fetch_id, company=CVR, state=state, reason=reason, began_at=at, ended_at=at)


def taken(at: datetime = NOON, **fields: Any) -> None:
    row = {"company": CVR, "key_no": 2, "state": "accepted", "tried_at": at}
    with db.transaction():
        KeyTrial.insert(row | fields).execute()


@pytest.mark.parametrize("reason", newkeys.WITHOUT_KEY)
def test_a_new_key_is_fetched_with_once(database: str, reason: str) -> None:
    fetched(reason=reason)
    taken()

    wanted = newkeys.wanted(NOON)
    for cvr, occasion in wanted:
        fetches.request([cvr], NOON, occasion)

    assert wanted == [(CVR, "key 2")]
    assert newkeys.wanted(NOON) == []
    with db.connection():
        assert sorted(row.occasion for row in Fetch.select()) == ["daily", "key 2"]


@pytest.mark.parametrize(
    ("run", "trial"),
    [
        ({"state": "finished", "reason": ""}, {}),
        ({"reason": "unavailable"}, {}),
        ({"state": "running", "reason": ""}, {}),
        ({}, {"state": "refused"}),
        ({}, {"state": "unreachable"}),
        ({}, {"key_no": 1}),
        ({}, {"company": "87654321"}),
        ({}, {"tried_at": MORNING - timedelta(hours=1)}),  # that is the key that failed
        ({"at": MORNING - timedelta(days=1)}, {}),  # today's own fetch comes by itself
    ],
    ids=str,
)
def test_nothing_else_is_a_reason_to_fetch_at_once(database: str, run: dict[str, Any], trial: dict[str, Any]) -> None:
    fetched(**run)
    taken(**trial)

    assert newkeys.wanted(NOON) == []


def test_a_key_that_was_removed_since_is_not_fetched_with(database: str) -> None:
    fetched()
    taken()
    with db.transaction():
        Company.update(api_key=None).execute()

    assert newkeys.wanted(NOON) == []


def test_a_first_key_is_fetched_with_at_the_company_s_time_or_at_once_after_it(database: str) -> None:
    taken()

    before, after = MORNING - timedelta(hours=1), NOON

    assert newkeys.wanted(NOON) == []
    assert store.companies_due(before) == []
    assert CVR in store.companies_due(after)
