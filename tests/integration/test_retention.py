"""What is let go, and above all what is not; on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from common import clock, db, inbox, outbox
from common import events as e
from common.tables import FailedMessage, Fetch, FetchRun, Inbox, Letter, Notice, NoticeBatch, Outbox
from dunning import store
from scheduler import retention
from tests.unit.dunning.procedures import awaiting

KEEP = timedelta(days=100)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=101), NOW - timedelta(days=99)
CVR = "12345674"


@pytest.fixture(autouse=True)
def transaction(database: str) -> Iterator[None]:
    with db.transaction():
        yield


def sweep(now: datetime = NOW) -> None:
    for rule in retention.RULES:
        while retention.apply(rule, now, KEEP):
            pass


def said(number: int, published_at: datetime | None) -> str:
    """The id of an event that the notifier has handled."""
    event = e.NoticesDue(company=CVR, fetch_id="f", occasion=f"{number}").identified("tests")
    outbox.add(event)
    with inbox.once(event, "notifier"):
        db.catch_up()
    Outbox.update(published_at=published_at).where(Outbox.event_id == event.id).execute()
    return event.id


def failed(event_id: str, state: str) -> None:
    FailedMessage.create(
        queue="notifier",
        event_id=event_id,
        type="notices.due",
        company=CVR,
        cause="x",
        body="",
        collected_at=OLD,
        state=state,
    )


def kept(table: Any, column: Any) -> set[Any]:
    return {key for (key,) in table.select(column).tuples()}


def test_old_events_go_with_the_notes_of_who_has_handled_them() -> None:
    said(1, OLD)
    young = said(2, YOUNG)

    sweep()

    assert kept(Outbox, Outbox.event_id) == kept(Inbox, Inbox.event_id) == {young}


def test_what_is_not_published_stays_however_old() -> None:
    waiting = said(1, None)
    Outbox.update(added_at=OLD, at=OLD).execute()

    sweep()

    assert kept(Outbox, Outbox.event_id) == {waiting}


@pytest.mark.parametrize(("state", "left"), [("open", 1), ("replayed", 0), ("archived", 0)])
def test_the_event_of_a_message_that_can_still_be_replayed_stays(state: str, left: int) -> None:
    failed(said(1, OLD), state)

    sweep()

    assert FailedMessage.select().count() == left
    sweep()
    assert (Outbox.select().count(), Inbox.select().count()) == (left, left)


def run(fetch_id: str, began_at: datetime, state: str = "finished") -> None:
    FetchRun.create(fetch_id=fetch_id, company=CVR, began_at=began_at, ended_at=began_at, state=state)
    Fetch.create(id=fetch_id, company=CVR, business_date=date(2026, 1, 1), occasion=fetch_id, requested_at=began_at)


def test_of_the_runs_the_first_that_was_finished_and_the_newest_stay() -> None:
    for number, state in enumerate(("failed", "finished", "finished", "failed", "finished")):
        run(f"{number}", OLD + timedelta(hours=number), state)

    sweep()

    assert kept(FetchRun, FetchRun.fetch_id) == {"1", "4"}
    assert kept(Fetch, Fetch.id) == {"1", "4"}


def test_a_run_that_still_goes_stays() -> None:
    FetchRun.create(fetch_id="f", company=CVR, began_at=OLD)
    run("newer", YOUNG)

    sweep()

    assert "f" in kept(FetchRun, FetchRun.fetch_id)


def letter(letter_id: str, planned_at: datetime, state: str = "sent", **fields: Any) -> None:
    Letter.create(
        id=letter_id,
        company=CVR,
        about=letter_id,
        kind="notice",
        state=state,
        planned_at=planned_at,
        recipient="a@b.dk",
        subject="s",
        message_id="m",
        content=b"text",
        **fields,
    )


def with_text() -> set[str]:
    return {row.id for row in Letter.select() if bytes(row.content)}


def test_mails_to_the_company_lose_their_text_and_keep_their_row() -> None:
    letter("old", OLD)
    letter("young", YOUNG)
    letter("held", OLD, "held")
    letter("planned", OLD, "planned")

    sweep()

    assert with_text() == {"young", "held", "planned"}
    assert Letter.select().count() == 4


def test_mails_to_debtors_are_kept_as_long_as_the_books() -> None:
    """Five years from the end of a financial year, which may end in the year after: bogføringsloven § 12."""
    letter("2026", datetime(2026, 1, 1, tzinfo=UTC), to_debtor=True)
    letter("2025", datetime(2025, 12, 31, tzinfo=UTC), to_debtor=True)

    sweep(datetime(2031, 12, 31, tzinfo=UTC))
    assert with_text() == {"2026", "2025"}

    sweep(datetime(2032, 1, 1, tzinfo=UTC))
    assert with_text() == {"2026"}


@pytest.mark.parametrize(("stage", "left"), [("running", 1), ("paused", 1), ("settled", 0), ("cancelled", 0)])
def test_notices_go_when_their_procedure_is_over(stage: Any, left: int) -> None:
    procedure = awaiting().but(stage=stage, opened_at=OLD, wake_at=None)
    store.save(procedure)
    Notice.insert(procedure_id=procedure.id, company=CVR, fetch_id="f", letter_id=None).execute()
    NoticeBatch.insert(fetch_id="f", company=CVR, finished=True).execute()
    db.catch_up()

    sweep()

    assert Notice.select().count() == left
    assert NoticeBatch.select().count() == left


def test_a_table_does_not_grow_under_a_steady_stream() -> None:
    sizes = []
    for day in range(300):
        now = OLD + timedelta(days=day)
        said(day, now)
        sweep(now)
        sizes.append(Outbox.select().count() + Inbox.select().count())

    assert max(sizes) == sizes[-1] == 2 * (KEEP.days + 1)


def test_a_step_of_the_sweep_is_one_small_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 3)
    monkeypatch.setattr(clock, "business_now", lambda: NOW)
    for number in range(7):
        said(number, OLD)
    step, sizes = retention.Sweep(KEEP), []

    for _ in range(5):
        step()
        sizes.append(Outbox.select().count())

    assert sizes == [7, 4, 1, 0, 0]
