"""A database from a backup: which reminders wait for a person, and for how long."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from common import db
from common import events as e
from common.tables import Letter, Outbox, Restore
from notifier import held, restored
from notifier.facts import Claim
from tests.unit.notifier import office as o
from tests.unit.notifier.office import DUE, NOW, Office, letter, said
from tests.unit.notifier.samples import CLAIM

DAY = timedelta(days=1)
TODAY = NOW.date()
UNSEEN: Collection[int] = ()


@pytest.fixture(autouse=True)
def rows(office: Office) -> None:
    o.company()


def hold(until: datetime = NOW) -> None:
    restored.hold(None, until)


def hear_letters(office: Office) -> None:
    office.hear_all(e.LetterPlanned)


@pytest.mark.parametrize(
    ("changes", "step", "spoken_of", "expected"),
    [
        ({}, 1, UNSEEN, True),
        ({"due_on": TODAY - 3 * DAY}, 1, UNSEEN, True),  # a Friday
        ({"due_on": TODAY - DAY}, 1, UNSEEN, False),  # a Sunday counts as today
        ({"due_on": TODAY - DAY, "weekend_due": "keep"}, 1, UNSEEN, True),
        ({"due_on": TODAY}, 1, UNSEEN, False),  # dunning begins on the day after
        ({"step": 1, "last_reminder_on": TODAY - 2 * DAY}, 2, UNSEEN, True),  # a stop may be forgotten
        ({}, 1, {1}, False),
        ({"step": 1, "last_reminder_on": TODAY - 9 * DAY}, 2, {1}, False),
        ({"step": 1, "last_reminder_on": TODAY - 10 * DAY}, 2, {1}, True),
        ({"step": 1, "last_reminder_on": TODAY - 10 * DAY, "days_between": 14}, 2, {1}, False),
        ({"step": 2, "last_reminder_on": TODAY - 10 * DAY}, 3, {1, 2}, True),
        ({"step": 1, "last_reminder_on": TODAY - 10 * DAY}, 2, {1, 2}, False),
    ],
)
def test_what_may_have_left(changes: dict[str, Any], step: int, spoken_of: Collection[int], expected: bool) -> None:
    claim: Claim = replace(CLAIM, **({"due_on": DUE, "last_reminder_on": None} | changes))

    seen = {("reminder", one) for one in spoken_of}

    assert restored.may_have_left(claim, ("reminder", step), seen, TODAY) is expected


def test_a_reminder_that_was_planned_before_the_backup_is_held_with_its_reason(office: Office) -> None:
    o.reminded()
    office.hear(o.issued())
    restored.hold(datetime(2026, 2, 27, 20, 15, tzinfo=UTC), NOW)

    hear_letters(office)

    assert (letter().state, office.post.taken) == ("held", [])
    assert "between 2026-02-27 21:15 and 2026-03-02 09:30" in letter().reason
    assert len(said(e.LetterHeld)) == 1


def test_what_the_backup_knows_ends_with_its_newest_event(office: Office) -> None:
    o.reminded()
    office.hear(o.issued())
    with db.connection():
        newest = max(row.added_at for row in Outbox.select())

    hold(NOW + 3650 * DAY)

    with db.connection():
        assert Restore.get().since == newest


def test_a_reminder_that_is_planned_after_it_is_held_too(office: Office) -> None:
    hold()
    o.reminded()
    office.hear(o.issued())

    hear_letters(office)

    assert (letter().state, office.post.taken) == ("held", [])


def test_mails_to_the_company_go(office: Office) -> None:
    hold()
    o.reminded()
    office.hear(o.of_procedure(e.ProcedureStarted, procedure_version=4, by="silence"))

    hear_letters(office)

    assert letter().state == "sent"


def test_an_invoice_that_fell_due_after_it_is_reminded_of_as_ever(office: Office) -> None:
    hold(datetime(2026, 2, 16, 12, tzinfo=UTC))  # the day it was due
    o.reminded()
    office.hear(o.issued())

    hear_letters(office)

    assert letter().state == "sent"


def test_one_that_is_resent_goes_and_is_not_held_again_when_it_must_be_written_anew(office: Office) -> None:
    hold()
    o.reminded()
    office.hear(o.issued())
    hear_letters(office)
    o.change(looked_at=NOW - 2 * DAY)
    held.release(letter().id, NOW)
    hear_letters(office)
    assert (letter().state, letter().reason) == ("withdrawn", "stale")

    o.change(looked_at=NOW, attempt=1)
    office.hear(o.issued(attempt=1))
    hear_letters(office)

    assert letter(attempt=1).state == "sent"
    assert len(office.post.taken) == 1


def test_one_that_was_released_before_the_backup_is_held(office: Office) -> None:
    o.reminded()
    office.hear(o.issued())
    with db.transaction():
        Letter.update(state="held").execute()
    held.release(letter().id, NOW - DAY)
    hold()

    hear_letters(office)

    assert letter().state == "held"


def test_one_that_had_left_is_a_step_and_the_next_is_held_if_it_may_have_left_as_well(office: Office) -> None:
    hold()
    o.reminded()
    office.hear(o.issued())
    hear_letters(office)
    held.confirm(letter().id, TODAY - 10 * DAY, NOW)
    (sent,) = said(e.LetterSent)
    assert sent.sent_at.date() == TODAY - 10 * DAY

    o.change(step=1, last_reminder_on=sent.sent_at.date())
    office.hear(o.issued(step=2))
    hear_letters(office)

    assert letter(step=2).state == "held"
    assert office.post.taken == []


def test_a_word_about_a_reminder_is_none_about_a_letter_for_fees() -> None:
    spoken_of = {("reminder", 1)}

    assert not restored.may_have_left(CLAIM, ("reminder", 1), spoken_of, TODAY)
    assert restored.may_have_left(CLAIM, ("fee_reminder", 1), spoken_of, TODAY)


def test_a_letter_for_fees_is_held_though_a_person_spoke_of_the_reminder_of_that_number(office: Office) -> None:
    hold()
    o.reminded(last_reminder_on=TODAY - 10 * DAY)
    office.hear(o.issued())
    hear_letters(office)
    held.confirm(letter().id, TODAY, NOW)

    o.change(stage="collecting_fees", pending_kind="fee_reminder", step=1)
    o.invoice(outstanding="0.00")
    office.hear(o.asked_for_fees())
    hear_letters(office)

    assert letter(kind="fee_reminder").state == "held"


@pytest.mark.parametrize(("last", "day"), [(None, DUE), (None, TODAY + DAY), (TODAY - 5 * DAY, TODAY)])
def test_no_letter_left_on_a_day_on_which_none_may(office: Office, last: date | None, day: date) -> None:
    hold()
    o.reminded(last_reminder_on=last)
    office.hear(o.issued())
    hear_letters(office)

    with pytest.raises(held.NotThatDay):
        held.confirm(letter().id, day, NOW)

    assert letter().state == "held"
