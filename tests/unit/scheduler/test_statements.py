"""Which companies get a statement, of which months, and that they get it once."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import count

import pytest

from common import clock, cloudevents, db
from common import events as e
from common.tables import LedgerLine, Outbox, Statement
from scheduler import statements
from tests.integration.racing import at_once

pytestmark = pytest.mark.usefixtures("database")
CVR, OTHER = "12345674", "99000012"
MARCH, APRIL = date(2026, 3, 1), date(2026, 4, 1)
OPENS = datetime(2026, 4, 1, 7, tzinfo=UTC)  # nine o'clock in Copenhagen, in summer time
lines = count()


def charge(day: date, company: str = CVR, account: str = "company") -> None:
    with db.transaction():
        LedgerLine.create(
            procedure_id=f"p{next(lines)}", company=company, kind="charge", step=1, attempt=0, amount=Decimal("40.00"),
            booked_on=day, rule="reminder", account=account, against="portal",
        )  # fmt: skip


def said() -> list[tuple[str, date]]:
    with db.connection():
        events = [cloudevents.from_wire(row.body) for row in Outbox.select().order_by(Outbox.id)]
        rows = sorted((row.company, row.month) for row in Statement.select())
    due = [(event.company, event.month) for event in events if isinstance(event, e.StatementDue)]
    assert sorted(due) == rows
    return rows


@pytest.mark.parametrize(
    ("booked_on", "month"),
    [
        (date(2026, 3, 31), MARCH),
        (MARCH, MARCH),
        (date(2026, 2, 28), date(2026, 2, 1)),
        (date(2025, 12, 31), date(2025, 12, 1)),
        (date(2025, 4, 1), date(2025, 4, 1)),
        (date(2025, 3, 31), None),  # too long ago
        (APRIL, None),  # not over
        (date(2026, 5, 1), None),
    ],
)
def test_a_month_in_which_a_company_was_charged_is_due_when_it_is_over(booked_on: date, month: date | None) -> None:
    charge(booked_on)

    assert statements.ask(OPENS) == (month is not None)

    assert said() == ([(CVR, month)] if month else [])


@pytest.mark.parametrize(
    ("now", "due"),
    [
        (datetime(2026, 3, 31, 21, 59, tzinfo=UTC), False),
        (datetime(2026, 3, 31, 22, 0, tzinfo=UTC), False),  # April has begun, and the office is closed
        (OPENS - timedelta(microseconds=1), False),
        (OPENS, True),
        (datetime(2026, 4, 30, 21, 0, tzinfo=UTC), True),  # nobody was there until then
    ],
)
def test_a_statement_is_asked_for_when_the_office_opens_on_the_first(now: datetime, due: bool) -> None:
    charge(date(2026, 3, 31))

    assert statements.ask(now) == due


def test_a_charge_of_this_month_waits_for_its_end() -> None:
    charge(date(2026, 4, 5))

    assert statements.ask(OPENS + timedelta(days=20)) == 0
    assert statements.ask(OPENS + timedelta(days=30)) == 1
    assert said() == [(CVR, APRIL)]


def test_each_month_and_company_is_asked_for_once_however_often_it_was_charged() -> None:
    for day in (MARCH, MARCH, date(2026, 3, 20), date(2026, 1, 5)):
        charge(day)
    charge(MARCH, OTHER)
    charge(MARCH, "10150817", account="fee")

    assert [statements.ask(OPENS), statements.ask(OPENS)] == [3, 0]
    assert statements._missing(APRIL) == []  # nothing is even tried

    assert said() == [(CVR, date(2026, 1, 1)), (CVR, MARCH), (OTHER, MARCH)]


def test_a_month_that_was_asked_for_is_not_asked_for_again_a_year_later() -> None:
    charge(MARCH)
    statements.ask(OPENS)
    charge(APRIL)

    assert statements.ask(OPENS + timedelta(days=30)) == 1
    assert statements.ask(OPENS + timedelta(days=360)) == 0
    assert said() == [(CVR, MARCH), (CVR, APRIL)]


def test_more_than_one_transaction_holds_are_all_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statements, "AT_ONCE", 2)
    for number in range(5):
        charge(MARCH, f"1000000{number}")

    assert statements.ask(OPENS) == len(said()) == 5


def test_nothing_is_asked_for_when_saying_so_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    charge(MARCH)
    monkeypatch.setattr("common.outbox.add", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        statements.ask(OPENS)

    assert said() == []


def test_two_schedulers_ask_once_between_them() -> None:
    for number in range(20):
        charge(MARCH, f"100000{number}")

    asked = at_once(*[lambda: statements.ask(OPENS)] * 4)

    assert sum(asked) == len(said()) == 20


def test_a_look_is_taken_once_a_day_and_again_when_the_last_one_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[datetime] = []
    now = [OPENS]

    def ask(at: datetime) -> int:
        looked.append(at)
        return 1 // (at.minute - 1)  # fails a minute past

    monkeypatch.setattr(clock, "business_now", lambda: now[0])
    monkeypatch.setattr(statements, "ask", ask)
    monthly = statements.Monthly()

    for hours in (0, 1, 14, 23.99, 24, 30):
        now[0] = OPENS + timedelta(hours=hours)
        monthly()
    now[0] = OPENS + timedelta(hours=48, minutes=1)
    with pytest.raises(ZeroDivisionError):
        monthly()
    now[0] += timedelta(minutes=1)
    monthly()

    assert [at - OPENS for at in looked] == [
        timedelta(0),
        timedelta(days=1),
        timedelta(days=2, minutes=1),
        timedelta(days=2, minutes=2),
    ]


@pytest.mark.parametrize(
    ("day", "newest", "oldest"),
    [
        (date(2026, 3, 31), date(2026, 2, 1), date(2025, 3, 1)),
        (date(2026, 1, 1), date(2025, 12, 1), date(2025, 1, 1)),
        (date(2028, 3, 1), date(2028, 2, 1), date(2027, 3, 1)),
    ],
)
def test_twelve_months_are_looked_at(day: date, newest: date, oldest: date) -> None:
    months = statements.months_over(day)

    assert (months[0], months[-1], len(months)) == (newest, oldest, 12)
    assert months == sorted(set(months), reverse=True)
