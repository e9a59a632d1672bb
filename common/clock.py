"""The only reader of the time of day. Rules get `now` and `today` handed in.

Two clocks: `business_now()` for deadlines, business dates, freshness and the expiry of links; `real_now()` for leases,
time-outs, back-off and the headers of mails. The business clock follows a file when one is given, so that a month of
dunning passes in minutes; every process that follows the same file agrees.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from common.calendar import local_date

REAL_MINIMUM = timedelta(seconds=30)  # real messages take real time, however fast the business clock runs


class ClockUnreadable(Exception):
    """The clock file must hold one line: a business instant, a real instant (both ISO with offset) and a speed."""


@dataclass(frozen=True)
class Anchor:
    """The business clock showed `business` when the real one showed `real`, and runs `speed` times as fast."""

    business: datetime
    real: datetime
    speed: float

    @classmethod
    def parse(cls, line: str) -> "Anchor":
        try:
            business, real, speed = line.split()
            return cls(datetime.fromisoformat(business), datetime.fromisoformat(real), float(speed))
        except ValueError as error:
            raise ClockUnreadable(f"{ClockUnreadable.__doc__} It holds {line!r}.") from error

    def __str__(self) -> str:
        return f"{self.business.isoformat()} {self.real.isoformat()} {self.speed:g}"

    def at(self, real: datetime) -> datetime:
        return self.business + (real - self.real) * self.speed


class _Followed:
    """The anchor in the file, read again whenever the file changes."""

    def __init__(self, path: Path) -> None:
        self.path, self._stamp, self._anchor = path, (0, 0), Anchor(real_now(), real_now(), 1.0)

    def anchor(self) -> Anchor:
        found = self.path.stat()
        if (stamp := (found.st_mtime_ns, found.st_ino)) != self._stamp:
            self._stamp, self._anchor = stamp, Anchor.parse(self.path.read_text("ascii").strip())
        return self._anchor


_followed: _Followed | None = None


def follow(path: Path | None) -> None:
    """From now on the business clock of this process is the one in `path`, or the real one for None."""
    global _followed  # noqa: PLW0603 - one clock a process is the point
    _followed = _Followed(path) if path else None
    business_now()


def real_now() -> datetime:
    return datetime.now(UTC)


def business_now() -> datetime:
    return _followed.anchor().at(real_now()) if _followed else real_now()


def today() -> date:
    """The business date in Copenhagen."""
    return local_date(business_now())


def speed() -> float:
    return _followed.anchor().speed if _followed else 1.0


def patience(duration: timedelta) -> timedelta:
    """`duration` of business time, but on a fast clock never less than half a real minute."""
    return max(duration, REAL_MINIMUM * speed()) if speed() > 1 else duration


def business_in(real_delay: timedelta) -> datetime:
    """The business instant that comes after `real_delay` of real time; for back-off that must wait in the outbox."""
    return business_now() + real_delay * max(speed(), 1.0)
