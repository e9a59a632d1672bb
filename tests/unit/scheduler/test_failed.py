"""Failed messages: what a replay and an archiving do to their rows."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Any

import pytest

from common import db, outbox
from common import events as e
from common.outbox import Said
from common.tables import FailedMessage, Inbox
from scheduler import failed, store
from tests.contracts.samples import SAMPLES

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
DECIDED = next(event for event in SAMPLES if isinstance(event, e.DecisionMade)).identified("tests")
pytestmark = pytest.mark.usefixtures("sqlite")


class Queue:
    """Takes everything down, and says the word it was given."""

    def __init__(self, word: str = "confirmed", meanwhile: Callable[[], object] = lambda: None) -> None:
        self.word, self.meanwhile, self.heard = word, meanwhile, list[tuple[str, str]]()

    def publish(self, rows: Sequence[Said]) -> dict[str, str]:
        self.heard += [(row.event_id, row.type) for row in rows]
        self.meanwhile()
        return {row.event_id: self.word for row in rows}


def message(**fields: Any) -> FailedMessage:
    body = outbox._row(DECIDED, MONDAY, MONDAY)["body"]
    known = {"queue": "dunning", "event_id": DECIDED.id, "type": DECIDED.type, "company": DECIDED.company}
    return FailedMessage(**(known | {"cause": "KeyError: 'x'", "body": body, "collected_at": MONDAY} | fields))


def fails(**fields: Any) -> None:
    store.keep_failed(message(**fields))


def replayed(queue: Queue, which: str = "KeyError") -> list[str]:
    with db.connection():
        return [outcome.result for outcome in failed.replay(failed.chosen(which), lambda _: nullcontext(queue), MONDAY)]


def rows() -> list[tuple[str, int]]:
    with db.connection():
        return [(row.state, row.times) for row in FailedMessage.select().order_by(FailedMessage.id)]


def test_a_replay_goes_out_with_the_id_it_had_and_is_over_once_confirmed() -> None:
    fails()
    queue = Queue()

    assert replayed(queue) == ["replayed"]

    assert queue.heard == [(DECIDED.id, "decision.made")]
    assert rows() == [("replayed", 1)]


@pytest.mark.parametrize("word", ["nacked", "unknown"])
def test_a_replay_that_is_not_confirmed_leaves_the_message_open(word: str) -> None:
    fails()

    assert replayed(Queue(word)) == ["not confirmed"]

    assert rows() == [("open", 1)]


def test_a_message_that_fails_again_is_a_new_open_row_that_counts() -> None:
    for _ in range(2):
        fails()
        replayed(Queue())
    fails(cause="KeyError: 'y'")

    assert rows() == [("replayed", 1), ("replayed", 2), ("open", 3)]


def test_a_message_that_is_back_before_its_replay_is_written_down_stays_open() -> None:
    fails()

    assert replayed(Queue(meanwhile=fails)) == ["failed again"]

    assert rows() == [("open", 2)]


def test_a_message_that_was_handled_meanwhile_is_not_published() -> None:
    fails()
    with db.transaction():
        Inbox.create(consumer="dunning", event_id=DECIDED.id, handled_at=MONDAY)
    queue = Queue()

    assert replayed(queue) == ["handled already"]

    assert queue.heard == []
    assert rows() == [("replayed", 1)]


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"body": "{"}, "nobody can read it"),
        ({"queue": "fetcher"}, "fetcher doesn't hear decision.made"),
        ({"queue": "gone"}, "no queue gone"),
    ],
)
def test_a_message_that_nobody_can_read_is_not_published_and_says_why(fields: dict[str, str], why: str) -> None:
    fails(**fields)
    queue = Queue()

    with db.connection():
        (outcome,) = failed.replay(failed.chosen("KeyError"), lambda _: nullcontext(queue), MONDAY)

    assert outcome.result == "can't be replayed"
    assert why in outcome.why
    assert queue.heard == []
    assert rows() == [("open", 1)]


def test_messages_are_chosen_by_id_or_by_the_beginning_of_a_cause() -> None:
    fails()
    fails(event_id="other", cause="ValueError: y")

    with db.connection():
        assert [row.id for row in failed.chosen("2")] == [2]
        assert [row.id for row in failed.chosen("Value")] == [2]


@pytest.mark.parametrize("unknown", ["", "9", "Error", "%"])
def test_what_no_message_has_is_refused(unknown: str) -> None:
    fails()

    with db.connection(), pytest.raises(failed.NoSuchFailure):
        failed.chosen(unknown)


def test_an_archived_message_keeps_the_reason_and_is_open_no_more() -> None:
    fails()
    with db.connection():
        assert failed.archive(failed.chosen("1"), "a trial", MONDAY) == 1
        kept = FailedMessage.get()

    assert (kept.state, kept.reason, kept.decided_at) == ("archived", "a trial", MONDAY)
    with db.connection(), pytest.raises(failed.NoSuchFailure):
        failed.chosen("1")
