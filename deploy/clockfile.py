"""Keeps the business clock's file, which common/clock.py reads: one line `BUSINESS REAL SPEED`.

It is written anew every second, so that after any end, kill -9 too, the clock goes on where it stood.
"""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

BEGINNING = datetime(2026, 2, 16, 7, 0, tzinfo=UTC)  # a Monday morning, two weeks before the month ends
DAY = 86_400.0  # seconds
LONGEST_STEP = timedelta(seconds=10)  # real time; a longer gap means that the machine slept, and the clock with it


class ClockFile:
    """`speed` is in business seconds per real second."""

    def __init__(self, path: Path, speed: float) -> None:
        self._path, self.speed = path, speed
        self._business, self._real = _last(path), _now()

    def hold(self) -> None:
        """The clock stands: nothing runs by it."""
        self._real = _now()
        self._write(0.0)

    def go(self) -> None:
        """The clock runs from where it stands."""
        self._real = _now()
        self._write(self.speed)

    def tick(self) -> datetime:
        """Notes how late it is; gives the business instant."""
        real = _now()
        self._business += min(max(real - self._real, timedelta()), LONGEST_STEP) * self.speed
        self._real = real
        self._write(self.speed)
        return self._business

    def _write(self, speed: float) -> None:
        new = self._path.with_name(f"{self._path.name}.new")
        new.write_text(f"{self._business.isoformat()} {self._real.isoformat()} {speed:g}\n", "ascii")
        os.replace(new, self._path)  # noqa: PTH105 - readers never see half a line


def _last(path: Path) -> datetime:
    try:
        return datetime.fromisoformat(path.read_text("ascii").split()[0])
    except (OSError, ValueError, IndexError):
        return BEGINNING


def _now() -> datetime:
    return datetime.now(UTC)
