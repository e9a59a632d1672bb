"""A letter that came back: recorded once, whoever reads the notification, and however often."""

from dataclasses import dataclass
from datetime import datetime

from common import db, outbox
from common import events as e
from common.tables import Letter
from notifier import dsn, store
from notifier.verp import Envelopes

CAME_BACK = ("sent", "held", "planned")  # states in which a letter may have left


class StillSending(Exception):
    """The letter is being sent just now: look again when that has ended."""


@dataclass(frozen=True)
class Outcome:
    """`is_new`: the letter counts as bounced from now on; False for one that did before, or can't have left."""

    letter_id: str
    kind: str
    company: str
    is_new: bool
    status: str
    reason: str


def record(content: bytes, envelopes: Envelopes, now: datetime) -> Outcome:
    """Raises dsn.NoBounce, verp.NotOurs, store.NoSuchLetter and StillSending; then nothing is changed."""
    bounce = dsn.read(content)
    letter_id = envelopes.letter_in(bounce.envelope)
    with db.transaction():
        letter = store.locked(letter_id)
        if letter.state == "sending":
            raise StillSending(StillSending.__doc__)
        if is_new := letter.state in CAME_BACK:
            _write(letter, bounce, now)
    return Outcome(letter_id, letter.kind, letter.company, is_new, bounce.status, bounce.reason)


def _write(letter: Letter, bounce: dsn.Bounce, now: datetime) -> None:
    letter.state, letter.reason, letter.version = "bounced", bounce.reason, letter.version + 1
    letter.owner, letter.try_at, letter.decided_at = None, None, now
    letter.save(only=["state", "reason", "version", "owner", "try_at", "decided_at"])
    outbox.add(*store.news(letter, e.LetterBounced, reason=bounce.reason, status=bounce.status))
