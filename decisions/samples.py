"""A company's wish for a sample of its letters: written down, one a minute at most."""

from datetime import datetime, timedelta

from common import db, outbox
from common.events import SampleRequested
from common.tables import Company, Outbox

BETWEEN = timedelta(minutes=1)  # business time


class TooSoon(Exception):
    """A sample was asked for less than a minute ago."""


def ask(cvr: str, now: datetime) -> None:
    """Raises TooSoon; then nothing is said."""
    event = SampleRequested(company=cvr, asked_at=now)
    with db.transaction():
        db.locked(Company.select(Company.cvr).where(Company.cvr == cvr)).first()  # two at once are one after the other
        asked = Outbox.select().where(Outbox.company == cvr, Outbox.subject == event.subject)
        if asked.where(Outbox.added_at > now - BETWEEN).exists():
            raise TooSoon(TooSoon.__doc__)
        outbox.add(event)
