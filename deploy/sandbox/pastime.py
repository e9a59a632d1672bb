"""The clock of a past that is played: it goes from event to event, and stands still between them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from common import clock
from common.calendar import COPENHAGEN, local_date
from common.tables import Outbox

FETCHED_AT, ACTIVE_AT = time(6), time(10)  # Copenhagen: when a company is fetched, and when people do something
TICK = timedelta(seconds=1)  # after which an event is heard


class Time:
    """The clock of the past, in a file of its own; it stands still between two steps, and never passes `end`."""

    def __init__(self, file: Path, start: datetime, end: datetime) -> None:
        self._file, self.end = file, end
        self.set(start)

    def set(self, now: datetime) -> None:
        self.now = min(now, self.end)
        self._file.write_text(str(clock.Anchor(self.now, clock.real_now(), 0.0)), "ascii")
        clock.follow(self._file)

    def next(self) -> datetime:
        """When something happens next."""
        first = Outbox.select().where(Outbox.published_at.is_null()).order_by(Outbox.at).first()
        waiting: list[datetime] = [first.at] if first else []
        return min([self.next_hour(), self.end, *waiting])

    def next_hour(self) -> datetime:
        """When a company is fetched next, or people do something."""
        today = local_date(self.now)
        days = (today, today + timedelta(days=1))
        hours = (datetime.combine(day, hour, COPENHAGEN) for day in days for hour in (FETCHED_AT, ACTIVE_AT))
        return min(hour for hour in hours if hour > self.now)


@contextmanager
def going_by(followed: Path | None, since: int, end: datetime) -> Iterator[Time]:
    """From so many days before the end, in the morning; then this process follows its clock again."""
    morning = datetime.combine(local_date(end) + timedelta(days=since), FETCHED_AT, COPENHAGEN)
    with TemporaryDirectory() as folder:
        try:
            yield Time(Path(folder) / "clock", morning, end)
        finally:
            clock.follow(followed)
