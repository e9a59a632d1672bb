"""What is let go, and above all what is not, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import clock, db, outbox
from common import events as e
from common.tables import (
    AuditLine,
    FailedDecision,
    FailedMessage,
    Fetch,
    FetchRun,
    Inbox,
    Letter,
    Notice,
    NoticeBatch,
    Objection,
    Outbox,
    Price,
    Procedure,
    Statement,
)
from common.topology import SUBSCRIPTIONS
from scheduler import retention

pytestmark = pytest.mark.fast

KEEP = timedelta(days=100)
NOW = datetime(2026, 6, 1, 9, tzinfo=UTC)
OLD, YOUNG = NOW - timedelta(days=101), NOW - timedelta(days=99)
CVR = "12345674"


@pytest.fixture(autouse=True)
def connected(database: str) -> Iterator[None]:
    with db.connection():
        yield


def sweep(now: datetime = NOW) -> None:
    for rule in retention.RULES:
        while retention.apply(rule, now, KEEP) == retention.BATCH:
            pass


def said(name: str, published_at: datetime | None) -> str:
    """An event that everybody has handled; gives its id."""
    event = e.NoticesDue(company=CVR, fetch_id="f", occasion=name).identified("tests")
    with db.transaction():
        outbox.add(e.NoticesDue(company=CVR, fetch_id="f", occasion=name))
    with db.transaction():
        Outbox.update(published_at=published_at).where(Outbox.event_id == event.id).execute()
        for consumer in SUBSCRIPTIONS:
            Inbox.create(consumer=consumer, event_id=event.id, handled_at=OLD)
    return event.id


def failed(event_id: str, state: str, collected_at: datetime = OLD) -> None:
    told = {"queue": "notifier", "type": "notices.due", "company": CVR, "cause": "x", "body": "{}"}
    FailedMessage.create(**told, event_id=event_id, collected_at=collected_at, state=state)


def fetch(name: str, state: str, began_at: datetime, company: str = CVR, *, trusted: bool = True) -> None:
    Fetch.create(id=name, company=company, business_date=began_at.date(), occasion=name, requested_at=began_at)
    ended_at = None if state == "running" else began_at
    run = {"fetch_id": name, "company": company, "state": state, "trusted": trusted}
    FetchRun.create(**run, began_at=began_at, ended_at=ended_at)


def letter(name: str, state: str, planned_at: datetime, *, to_debtor: bool = False) -> None:
    Letter.create(
        id=name, company=CVR, about=name, kind="notice", to_debtor=to_debtor, recipient="a@b.example", subject="s",
        message_id=name, content=b"bytes", state=state, planned_at=planned_at,
    )  # fmt: skip


def procedure(name: str, stage: str, opened_at: datetime) -> None:
    Procedure.insert(
        id=name, company=CVR, invoice_number=name, round=1, version=1, stage=stage, reason="", sequence=1,
        customer_number="K", amount=0, paid=0, due_on=date(2026, 1, 1), policy={}, opened_at=opened_at, answer_no=0,
        fee_answer_no=0, step=0, attempt=0, pending=False, unreachable_step=0, wake_no=0,
    ).execute()  # fmt: skip


def left(column: Any) -> set[str]:
    return {value for (value,) in column.model.select(column).tuples()}


def full() -> set[str]:
    return {row.id for row in Letter.select() if bytes(row.content)}


def test_an_event_and_the_notes_who_handled_it_go_together() -> None:
    said("old", OLD)
    young = said("young", YOUNG)

    sweep()

    assert left(Outbox.event_id) == left(Inbox.event_id) == {young}
    assert Inbox.select().count() == len(SUBSCRIPTIONS)


def test_an_event_that_was_never_published_stays_however_old_it_is() -> None:
    waiting = said("waiting", None)

    sweep(NOW + timedelta(days=10_000))

    assert left(Outbox.event_id) == left(Inbox.event_id) == {waiting}


def test_an_event_whose_failure_is_open_stays_with_its_notes() -> None:
    open_, decided = said("open", OLD), said("decided", OLD)
    failed(open_, "open")
    failed(decided, "archived")

    sweep()

    assert left(Outbox.event_id) == left(Inbox.event_id) == left(FailedMessage.event_id) == {open_}


def test_a_failure_that_was_decided_lately_stays() -> None:
    failed("1", "replayed", YOUNG)

    sweep()

    assert FailedMessage.select().count() == 1


def test_an_operators_decision_stays_as_long_as_the_message_it_is_about() -> None:
    failed("open", "open")
    failed("gone", "archived")
    decided = {"times": 1, "choice": "replay", "decided_at": OLD, "by": "a@b.example"}
    for row in FailedMessage.select():
        FailedDecision.create(**decided, failed_id=row.id)

    sweep()

    assert left(FailedDecision.failed_id) == left(FailedMessage.id)
    assert FailedMessage.select().count() == 1


def test_the_audit_log_is_kept_as_long_as_the_setting_says() -> None:
    for at in (OLD, YOUNG):
        AuditLine.create(at=at, who="a@b.example", action="saw letter", subject=f"{at:%j}")

    sweep()

    assert left(AuditLine.subject) == {f"{YOUNG:%j}"}


def test_the_first_finished_the_last_trusted_and_the_newest_fetch_of_a_company_stay() -> None:
    fetch("refused", "failed", OLD - timedelta(days=30))
    for day, name in enumerate(("first", "second", "third")):
        fetch(name, "finished", OLD - timedelta(days=20 - day))
    fetch("far fewer", "finished", OLD - timedelta(days=15), trusted=False)
    fetch("stuck", "running", OLD - timedelta(days=14))
    fetch("last", "failed", OLD - timedelta(days=13))

    sweep()

    assert left(FetchRun.fetch_id) == left(Fetch.id) == {"first", "third", "far fewer", "stuck", "last"}


def test_a_company_whose_key_is_refused_every_day_does_not_fill_the_tables() -> None:
    for day in range(30):
        fetch(f"{day}", "failed", OLD - timedelta(days=day))

    sweep()

    assert left(FetchRun.fetch_id) == left(Fetch.id) == {"0"}


def test_the_first_fetch_of_one_company_does_not_stand_for_another() -> None:
    fetch("first", "finished", OLD - timedelta(days=2))
    fetch("first of b", "finished", OLD - timedelta(days=1), "99000012")
    fetch("last of b", "finished", OLD, "99000012")

    sweep()

    assert left(FetchRun.fetch_id) == {"first", "first of b", "last of b"}


@pytest.mark.parametrize(
    ("stage", "opened_at", "state", "stays"),
    [
        ("settled", OLD, "sent", False),
        ("cancelled", OLD, "failed", False),
        ("settled", YOUNG, "sent", True),
        ("running", OLD, "sent", True),
        ("paused", OLD, "sent", True),
        ("cancelled", OLD, "held", True),
        ("cancelled", OLD, "planned", True),
    ],
)
def test_a_notice_goes_when_its_procedure_is_over_and_its_letter_is_gone(
    stage: str, opened_at: datetime, state: str, stays: bool
) -> None:
    procedure("p", stage, opened_at)
    letter("l", state, OLD)
    NoticeBatch.create(fetch_id="p", company=CVR, finished=True)
    Notice.create(procedure_id="p", company=CVR, fetch_id="p", letter_id="l")

    sweep()

    assert (left(Notice.procedure_id), left(NoticeBatch.fetch_id)) == (({"p"}, {"p"}) if stays else (set(), set()))
    assert left(Procedure.id) == {"p"}


def test_a_batch_without_notices_stays_as_long_as_its_fetch_is_young() -> None:
    fetch("young", "finished", YOUNG)
    fetch("old", "failed", OLD)
    for name in ("young", "old"):
        NoticeBatch.create(fetch_id=name, company=CVR, finished=True)

    sweep()

    assert left(NoticeBatch.fetch_id) == left(Fetch.id) == {"young"}


def test_a_mail_to_a_company_loses_its_text_but_not_its_row() -> None:
    letter("old", "sent", OLD)
    letter("young", "sent", YOUNG)
    for state in retention.GOING:
        letter(state, state, OLD)

    sweep()

    assert full() == {"young", *retention.GOING}
    assert "old" in left(Letter.id)


def test_a_mail_to_a_debtor_is_kept_for_five_years_after_its_financial_year() -> None:
    letter("in january", "sent", datetime(2026, 1, 1, tzinfo=UTC), to_debtor=True)
    letter("in december", "sent", datetime(2026, 12, 31, 12, tzinfo=UTC), to_debtor=True)

    sweep(datetime(2032, 12, 31, tzinfo=UTC))
    before = full()
    sweep(datetime(2033, 1, 1, tzinfo=UTC))

    assert before == {"in january", "in december"}
    assert full() == set()


def objection(procedure_id: str, number: int, raised_at: datetime) -> None:
    said = {"words": "it leaks", "reference": "", "phone": "12345678", "raised_at": raised_at}
    Objection.create(procedure_id=procedure_id, company=CVR, objection_no=number, kind="dispute", **said)


def test_what_a_debtor_wrote_goes_with_the_mails_to_him_and_that_he_objected_stays() -> None:
    december, january = datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    for number in (1, 2):
        objection("old", number, december)
        objection("goes on", number, december if number == 1 else january)

    sweep(datetime(2032, 12, 31, tzinfo=UTC))
    before = Objection.select().where(Objection.words != "").count()
    sweep(datetime(2033, 1, 1, tzinfo=UTC))

    assert before == 4
    assert [
        (row.procedure_id, row.words, row.phone, row.kind)
        for row in Objection.select().order_by(Objection.procedure_id)
    ] == [
        *[("goes on", "it leaks", "12345678", "dispute")] * 2,
        *[("old", "", "", "dispute")] * 2,
    ]


def test_prices_and_statements_stay() -> None:
    Price.create(item="reminder", from_on=OLD.date(), amount=Decimal("40.00"), set_at=OLD)
    Statement.create(company=CVR, month=date(2026, 1, 1), asked_at=OLD)

    sweep(NOW + timedelta(days=10_000))

    assert (Price.select().count(), Statement.select().count()) == (1, 1)


def test_a_steady_stream_keeps_its_size() -> None:
    sizes = []

    for day in range(30):
        now = NOW + timedelta(days=10 * day)
        for number in range(5):
            said(f"{day}/{number}", now)
        fetch(f"{day}", "finished", now)
        sweep(now)
        sizes.append((Outbox.select().count(), Inbox.select().count(), FetchRun.select().count()))

    assert len(set(sizes[12:])) == 1, sizes


def test_a_sweep_takes_one_batch_at_a_time_and_then_rests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    for number in range(5):
        said(f"{number}", OLD)
    going = retention.Sweep(KEEP)
    monkeypatch.setattr(clock, "business_now", lambda: NOW)
    sizes = []

    for _ in range(30):
        going()
        sizes.append(Outbox.select().count())
        if len(sizes) == 20:
            said("later", OLD)

    assert sizes[:5] == [5, 3, 1, 0, 0]
    assert sizes[-1] == 1
