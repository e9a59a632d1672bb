"""The days on which a procedure was handed on and ended."""

from datetime import timedelta

from dunning.dates import dated
from dunning.moves import started
from tests.unit.dunning.procedures import MONDAY, TODAY, asked, running

LATER = TODAY + timedelta(days=9)


def test_it_starts_on_the_day_and_by_what_made_it_start() -> None:
    after = started(asked(), "silence", MONDAY)

    assert (after.started_on, after.started_by) == (TODAY, "silence")


def test_it_ended_on_the_day_it_came_to_be_over_and_not_when_more_is_heard_then() -> None:
    before = running()
    over = dated(before, before.but(stage="settled"), TODAY)

    again = dated(over, over.but(sequence=9), LATER)

    assert (over.ended_on, again.ended_on) == (TODAY, TODAY)


def test_it_has_not_ended_any_more_when_it_goes_on() -> None:
    over = dated(running(), running().but(stage="cancelled", reason="stopped"), TODAY)

    assert dated(over, started(over, "answer", MONDAY), LATER).ended_on is None


def test_a_new_round_that_is_over_at_once_ended_today() -> None:
    earlier = dated(None, running().but(id="round 1", stage="settled"), TODAY)

    assert dated(earlier, running().but(id="round 2", stage="settled"), LATER).ended_on == LATER


def test_it_was_handed_on_the_first_time_until_its_warning_turns_out_to_have_come_back() -> None:
    warned = running(3).but(warned_on=TODAY)
    handed_on = dated(warned, warned.but(stage="escalated"), TODAY)
    paused = dated(handed_on, handed_on.but(stage="paused"), LATER)
    again = dated(paused, paused.but(stage="escalated"), LATER)
    bounced = dated(again, again.but(stage="running", warned_on=None), LATER)

    assert [x.escalated_on for x in (handed_on, paused, again, bounced)] == [TODAY, TODAY, TODAY, None]
