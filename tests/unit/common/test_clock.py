from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common import clock

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


def test_the_business_clock_is_the_real_one_unless_a_file_is_followed() -> None:
    assert abs(clock.business_now() - clock.real_now()) < timedelta(seconds=1)
    assert clock.patience(timedelta(hours=2)) == timedelta(hours=2)


def test_a_followed_clock_runs_at_its_speed_and_notices_a_new_anchor(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text(str(clock.Anchor(MONDAY, clock.real_now() - timedelta(seconds=10), 4320)))

    clock.follow(path)
    first = clock.business_now()
    path.write_text(str(clock.Anchor(MONDAY + timedelta(days=30), clock.real_now(), 1.0)) + "\n")

    assert timedelta(hours=12) <= first - MONDAY < timedelta(hours=18)
    assert timedelta(days=30) <= clock.business_now() - MONDAY < timedelta(days=30, seconds=5)


def test_patience_gives_real_messages_real_time(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text(str(clock.Anchor(MONDAY, clock.real_now(), 4320)))

    clock.follow(path)

    assert clock.patience(timedelta(hours=2)) == timedelta(seconds=30) * 4320
    assert clock.patience(timedelta(days=9)) == timedelta(days=9)
    assert clock.business_in(timedelta(seconds=1)) - clock.business_now() > timedelta(minutes=71)


def test_an_unreadable_clock_says_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    path.write_text("tomorrow")

    with pytest.raises(clock.ClockUnreadable, match="tomorrow"):
        clock.follow(path)
