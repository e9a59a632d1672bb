"""The timetable on the profile promises what the fetcher and dunning do: it is compared with their own rules."""

from collections.abc import Iterator
from dataclasses import asdict, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from common import events as e
from common.calendar import COPENHAGEN, local_date
from decisions import timetable
from decisions.choices import CHOICES
from decisions.timetable import Step
from dunning import answers, deadlines, letters, opening, steps
from dunning.fees import Arrears
from dunning.knowledge import Knowledge
from dunning.policy import Policy
from dunning.procedure import Procedure
from fetcher import overdue
from tests.chance import unhurried
from tests.unit.dunning.procedures import LAW, invoice, letter, saved

FETCH_AT = time(6)
PATIENCE = timedelta(hours=2)
BOOKING = st.sampled_from(["", "mon", "mon,thu", "fri", "sun", "1,15", "last", "1", "wed,last", "31"])
POLICIES = st.fixed_dictionaries(
    {
        "start_days": st.integers(1, 30),
        "silence": st.sampled_from(["start", "stay"]),
        "fee": st.sampled_from([Decimal("0.00"), Decimal("75.50"), Decimal("100.00")]),
        "reminders": st.integers(1, 3),
        "days_between": st.integers(10, 60),
        "weekend_due": st.sampled_from(["next", "keep"]),
        "collection_notice": st.sampled_from(["with_last", "after"]),
        "collection_fee": st.sampled_from([Decimal("0.00"), Decimal("100.00")]),
        "booking_days": BOOKING,
    }
)


def choices(wait_days: int = 5, **chosen: Any) -> dict[str, Any]:
    """As a company's row has them."""
    return asdict(Policy(**chosen)) | {"wait_days": wait_days}


def promised(due_on: date, wait_days: int = 5, **chosen: Any) -> tuple[Step, ...]:
    return timetable.timetable(choices(wait_days, **chosen), due_on).steps


# --- what the others do
def fetched(day: date) -> datetime:
    return datetime.combine(day, FETCH_AT, COPENHAGEN).astimezone(UTC)


def knowledge(now: datetime) -> Knowledge:
    """The last fetch that began before now: one a day."""
    today = local_date(now)
    began = fetched(today) if fetched(today) <= now else fetched(today - timedelta(days=1))
    return Knowledge(fetch_id="f", began_at=began)


def found_on(due_on: date, wait_days: int, weekend_due: str) -> date:
    """The first day whose fetch calls it overdue."""
    day = due_on
    while due_on > overdue.cutoff(day, wait_days, weekend_due):
        day += timedelta(days=1)
    return day


def done(due_on: date, wait_days: int, policy: Policy) -> list[Step]:
    """What becomes of an invoice that nobody pays, day by day."""
    asked_on = found_on(due_on, wait_days, policy.weekend_due)
    happened = [Step(kind="asked", on=asked_on)]
    known = invoice(due_on=due_on, issued_on=due_on - timedelta(days=14), observed_at=fetched(asked_on))
    overdue_event = e.InvoiceOverdue(company="12345674", invoice=known, fetch_id="f")
    now = fetched(asked_on)
    procedure = saved(opening.opened(overdue_event, policy, None, now, LAW))
    procedure = saved(letters.notice_sent(procedure, letter(e.LetterSent, what="notice", sent_at=now)))
    if policy.silence == "stay":
        said = e.DecisionMade(
            company="c", procedure_id="p", invoice_number="1001", answer_no=1, choice="start", answered_at=now
        )
        procedure = saved(answers.decided(procedure, said, now, LAW, policy))
        happened.append(Step(kind="answered", on=local_date(now)))
    happened += _lived(procedure, policy, known)
    return happened


def _lived(procedure: Procedure, policy: Policy, known: e.Invoice) -> Iterator[Step]:
    for _ in range(5000):
        assert procedure.wake_at is not None
        now = procedure.wake_at
        after = steps.due(procedure, procedure.wake_no, now, PATIENCE, knowledge(now), policy)
        yield from (Step(kind="started", on=local_date(now)) for n in after.news if isinstance(n, e.ProcedureStarted))
        asks = [news for news in after.news if isinstance(news, e.InvoiceCheckRequested)]
        procedure = saved(after)
        if not asks:
            continue
        answer = e.InvoiceChecked(
            company="c",
            procedure_id="p",
            invoice_number="1001",
            wake_no=procedure.wake_no,
            invoice=_observed(known, now),
        )
        after = steps.checked(procedure, answer, now, LAW, Arrears())
        for news in after.news:
            if isinstance(news, e.ReminderIssued):
                pay_by = news.pay_by if news.collection_notice else None
                yield Step(kind="reminder", on=local_date(now), number=news.step, fee=news.fee, pay_by=pay_by)
            if isinstance(news, e.CollectionNoticeIssued):
                yield Step(kind="notice", on=local_date(now), pay_by=news.pay_by)
            if isinstance(news, e.ProcedureEscalated):
                yield Step(kind="ready", on=local_date(now), fee=news.collection_fee)
                return
        procedure = saved(after)
        if procedure.pending:
            step = procedure.step + 1
            left = letter(e.LetterSent, step=step, attempt=procedure.attempt, what=procedure.pending_kind, sent_at=now)
            procedure = saved(letters.letter_sent(procedure, left))
    raise AssertionError("it never ends")


def _observed(known: e.Invoice, now: datetime) -> e.Invoice:
    return replace(known, observed_at=now)


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.integers(0, 30), POLICIES)
@example(date(2026, 4, 3), 0, {"booking_days": "fri", "weekend_due": "keep"})  # Good Friday
@example(date(2026, 12, 24), 1, {"booking_days": "last", "reminders": 1, "collection_notice": "after"})
@unhurried
def test_what_is_promised_is_what_is_done(due_on: date, wait_days: int, chosen: dict[str, Any]) -> None:
    happened = done(due_on, wait_days, Policy(**chosen))

    due, *after = promised(due_on, wait_days, **chosen)

    assert due.kind == "due"
    assert due.on == deadlines.overdue_on(due_on, Policy(**chosen)) - timedelta(days=1)
    assert after == happened


@given(st.dates(date(2024, 1, 1), date(2028, 12, 31)), st.integers(0, 30), st.sampled_from(["next", "keep"]))
@unhurried
def test_the_day_of_the_question_is_that_on_which_the_fetcher_finds_it(
    due_on: date, wait_days: int, weekend_due: str
) -> None:
    asked = promised(due_on, wait_days, weekend_due=weekend_due)[1]

    assert asked == Step(kind="asked", on=found_on(due_on, wait_days, weekend_due))


def test_the_usual_choices_come_to_these_dates() -> None:
    steps = promised(date(2026, 3, 2))

    assert [(step.kind, step.on.isoformat(), str(step.fee)) for step in steps] == [
        ("due", "2026-03-02", "0.00"),
        ("asked", "2026-03-09", "0.00"),
        ("started", "2026-03-12", "0.00"),
        ("reminder", "2026-03-12", "100.00"),
        ("reminder", "2026-03-22", "100.00"),
        ("reminder", "2026-04-01", "100.00"),
        ("ready", "2026-04-16", "0.00"),
    ]
    assert steps[5].pay_by == date(2026, 4, 15)


def test_while_fetching_is_paused_an_invoice_is_found_and_nothing_more() -> None:
    steps = promised(date(2026, 3, 2), paused=True)

    assert [(step.kind, step.on.isoformat()) for step in steps] == [("due", "2026-03-02"), ("found", "2026-03-09")]


def test_a_booking_day_is_waited_for_before_every_letter() -> None:
    steps = promised(date(2026, 8, 3), booking_days="fri")

    letters = [step.on for step in steps if step.kind in ("reminder", "ready")]
    assert letters[0] == date(2026, 8, 13)  # Friday the 7th has been booked
    assert [day.isoformat() for day in letters[1:]] == ["2026-08-29", "2026-09-12", "2026-10-03"]  # Saturdays


def test_its_sums_are_those_of_its_reminders() -> None:
    table = timetable.timetable(
        choices(fee=Decimal("75.50"), reminders=2, collection_fee=Decimal("100.00")), date(2026, 3, 2)
    )

    assert table.fees == Decimal("151.00")
    assert table.days == (table.steps[-1].on - date(2026, 3, 2)).days


def test_every_choice_that_shapes_it_is_one() -> None:
    assert set(timetable.SHAPED_BY) <= CHOICES.keys()


def test_a_warning_gives_as_much_time_as_dunning_gives() -> None:
    assert timetable.SLACK == deadlines.SLACK
