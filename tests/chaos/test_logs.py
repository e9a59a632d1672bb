"""Our own logs as the judge reads them."""

from datetime import UTC, datetime
from pathlib import Path

from tests.chaos import logs
from tests.chaos.facts import Tried

SAID = """
{"event": "ready", "timestamp": "2026-03-02T07:00:00Z"}
{"event": "failed", "event_id": "e-1", "timestamp": "2026-03-02T07:00:01Z"}
Traceback (most recent call last):
{"event": "failed", "event_id": "e-2", "timest
"""


def test_what_failed_is_read_with_its_time_and_half_a_line_passed_over(tmp_path: Path) -> None:
    (tmp_path / "dunning 2.log").write_text(SAID)

    assert logs.tries(tmp_path) == [Tried(datetime(2026, 3, 2, 7, 0, 1, tzinfo=UTC), "e-1")]
