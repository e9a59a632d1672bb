"""The file of the business clock."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common.clock import Anchor
from deploy import clockfile
from deploy.clockfile import BEGINNING, ClockFile

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


class Watch:
    now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> Watch:
    watch = Watch()
    monkeypatch.setattr(clockfile, "_now", watch)
    return watch


def anchor(path: Path) -> Anchor:
    return Anchor.parse(path.read_text().strip())


def test_the_first_day_is_a_monday_and_the_clock_stands_until_it_is_let_go(tmp_path: Path, watch: Watch) -> None:
    clock = ClockFile(tmp_path / "clock", 4320)
    clock.hold()
    assert anchor(tmp_path / "clock") == Anchor(BEGINNING, NOON, 0)

    watch.now += timedelta(seconds=7)
    clock.go()

    assert anchor(tmp_path / "clock") == Anchor(BEGINNING, NOON + timedelta(seconds=7), 4320)


def test_readers_see_no_jump_when_the_file_is_written_anew(tmp_path: Path, watch: Watch) -> None:
    clock = ClockFile(tmp_path / "clock", 4320)
    clock.go()
    watch.now += timedelta(seconds=1.25)
    before = anchor(tmp_path / "clock").at(watch.now)

    ticked = clock.tick()

    assert ticked == before == anchor(tmp_path / "clock").at(watch.now)


def test_the_next_start_goes_on_where_the_last_one_stood(tmp_path: Path, watch: Watch) -> None:
    clock = ClockFile(tmp_path / "clock", 4320)
    clock.go()
    watch.now += timedelta(seconds=2)
    stood = clock.tick()  # and then kill -9
    watch.now += timedelta(days=1)

    ClockFile(tmp_path / "clock", 86400).go()

    assert anchor(tmp_path / "clock") == Anchor(stood, watch.now, 86400)


def test_the_clock_sleeps_when_the_machine_does(tmp_path: Path, watch: Watch) -> None:
    clock = ClockFile(tmp_path / "clock", 4320)
    clock.go()
    watch.now += timedelta(hours=8)

    assert clock.tick() == BEGINNING + clockfile.LONGEST_STEP * 4320


def test_a_broken_file_begins_anew(tmp_path: Path, watch: Watch) -> None:
    (tmp_path / "clock").write_text("")

    ClockFile(tmp_path / "clock", 1).hold()

    assert anchor(tmp_path / "clock").business == BEGINNING
