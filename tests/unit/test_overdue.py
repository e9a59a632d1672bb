"""Since when an invoice is overdue: dunning does what the notifier's mail and the portal's page have promised."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.calendar import COPENHAGEN, local_date
from common.events import DecisionMade, LetterSent
from decisions import queries
from dunning import answers, deadlines, letters, opening
from dunning.policy import Policy
from notifier import cases
from notifier.facts import Claim
from tests.chance import unhurried
from tests.unit.dunning.procedures import LAW, asked, invoice, letter, overdue

TODAYS = st.dates(date(2023, 1, 1), date(2027, 12, 31))
FROM_DUE = st.integers(-20, 20).map(lambda days: timedelta(days=days))
WEEKEND_DUE = st.sampled_from(["next", "keep", None])  # None: the procedure is older than the choice
WeekendDue = Literal["next", "keep"] | None


def stored(weekend_due: WeekendDue, **chosen: Any) -> dict[str, Any]:
    """A policy as a procedure's row has it."""
    policy: dict[str, Any] = msgspec.to_builtins(Policy(**chosen))
    del policy["weekend_due"]
    return policy | ({"weekend_due": weekend_due} if weekend_due else {})


def mailed(policy: dict[str, Any], due_on: date, last: date | None = None) -> Claim:
    """The claim as the notifier reads it."""
    row: dict[str, Any] = {
        "id": "p",
        "debtor_email": None,
        "step": 0,
        "notified_on": None,
        "last_reminder_on": last,
        "policy": policy,
        "marks_paid": None,
    }
    row |= {"stage": "running", "paused_until": None, "debtor_cvr": None, "warned_on": None, "disputed": False}
    return cases.claim(SimpleNamespace(**row, state=msgspec.to_builtins(invoice(due_on=due_on))))


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), COPENHAGEN)


@given(TODAYS, FROM_DUE, WEEKEND_DUE, st.integers(1, 30), st.sampled_from(["start", "stay"]))
@unhurried
def test_a_mail_says_the_day_on_which_silence_starts_it(
    today: date, since: timedelta, weekend_due: WeekendDue, start_days: int, silence: Any
) -> None:
    policy, due_on = stored(weekend_due, start_days=start_days, silence=silence), today - since

    opened = opening.opened(overdue(due_on=due_on), Policy.read(policy), None, noon(today), LAW)

    sent = letters.notice_sent(opened, letter(LetterSent, what="notice", sent_at=noon(today)))

    said = mailed(policy, due_on).starts_on(today)
    assert said == opened.news[0].starts_on  # type: ignore[attr-defined]
    for waiting in (opened, sent):
        assert said == (local_date(waiting.wake_at) if waiting.wake_at else None)


@given(TODAYS, FROM_DUE, WEEKEND_DUE, st.none() | FROM_DUE, st.integers(10, 30))
@unhurried
def test_a_mail_says_the_day_of_the_next_reminder(
    today: date, since: timedelta, weekend_due: WeekendDue, reminded: timedelta | None, days_between: int
) -> None:
    policy, due_on = stored(weekend_due, days_between=days_between), today - since
    last = today - reminded if reminded is not None else None

    earliest = deadlines.next_reminder_on(last, due_on, Policy.read(policy))

    assert mailed(policy, due_on, last).next_reminder_on(today) == max(today, earliest)


@given(TODAYS, FROM_DUE, WEEKEND_DUE)
@unhurried
def test_a_page_offers_a_start_when_dunning_would_start(today: date, since: timedelta, weekend_due: WeekendDue) -> None:
    policy, due_on = stored(weekend_due), today - since
    waiting = asked().but(due_on=due_on, policy=Policy.read(policy))
    about = {"company": "12345674", "procedure_id": "p", "invoice_number": "1001"}
    start = DecisionMade(**about, answer_no=1, answered_at=noon(today), choice="start")  # type: ignore[arg-type]
    row = SimpleNamespace(stage=waiting.stage, reason="", policy=policy, answer_no=0, fee_answer_no=0)

    started = answers.decided(waiting, start, noon(today), LAW, waiting.policy).stage == "running"

    assert queries.stands(row, Decimal("1.00"), due_on, [], today).is_overdue is started
    assert (mailed(policy, due_on).overdue_on <= today) is started


@pytest.mark.parametrize(
    ("weekend_due", "first"), [("next", date(2026, 3, 10)), (None, date(2026, 3, 10)), ("keep", date(2026, 3, 8))]
)
def test_a_saturday(weekend_due: WeekendDue, first: date) -> None:
    assert mailed(stored(weekend_due), date(2026, 3, 7)).overdue_on == first
