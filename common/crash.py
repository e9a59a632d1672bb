"""Points at which a trial lets a process die as by kill -9: RYKKER_CRASH_AT=NAME, or NAME:N for the Nth time there."""

import os
import signal
from itertools import count

POINTS = (
    "message.begun",  # a worker has a message, and has done nothing yet
    "commit.before",  # a transaction has done all its work
    "commit.after",
    "ack.before",  # the message is handled, and the broker doesn't know
    "ack.after",  # the acknowledgement is on its way
    "retry.published",  # the retry waits in NAME.DQ, and the original is not acknowledged
    "relay.claimed",  # rows of the outbox are leased
    "relay.published",  # the broker has them, and has confirmed nothing
    "relay.confirmed",  # it has confirmed, and that is not stamped
    "fetch.wished",  # a fetch and its event are to be committed
    "fetch.committed",
    "mail.claimed",  # `sending` is committed, and the mail server knows nothing
    "mail.data_begun",  # it waits for the letter
    "mail.data_ended",  # it has the letter, and its answer has not been read
    "mail.taken",  # it has said 250 (or no), and that is not committed
    "dead_letter.kept",  # it is a row, and still in its queue
)

_point = ""  # where this process is to die
_times = count(1)
_nth = 1


class NoSuchPoint(ValueError):
    """It is none of the points at which a process can be let die."""


def parse(text: str) -> tuple[str, int]:
    """The point's name, and at which time there. Raises NoSuchPoint, naming what there is."""
    name, _, times = text.partition(":")
    if name not in POINTS or (":" in text and not (times.isdecimal() and int(times))):
        raise NoSuchPoint(f"must be one of {', '.join(POINTS)}, with :N behind it for the Nth time; it is {text!r}.")
    return name, int(times or 1)


def at(text: str) -> None:
    """From now on this process dies at that point; at none if `text` is empty."""
    global _point, _times, _nth  # noqa: PLW0603 - one death a process
    _point, _nth = parse(text) if text else ("", 1)
    _times = count(1)


def here(name: str) -> None:
    if name == _point and next(_times) == _nth:
        os.kill(os.getpid(), signal.SIGKILL)
