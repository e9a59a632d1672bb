"""Many messages in one transaction, and what is acknowledged."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from common import clock, cloudevents, db, inbox, worker
from common import events as e
from common.settings import Settings
from common.tables import Inbox, SetAside
from common.worker import Handles, nothing_ahead
from common.worker.broker import brokers
from common.worker.consumer import Consumer
from common.worker.threads import Worker


def message(number: str) -> dict[str, str]:
    event = e.FetchPageRequested(company="12345674", fetch_id="f", cursor=number).identified("tests")
    return {"body": cloudevents.to_wire(event, source="tests", time=clock.real_now())}


def note(event: e.FetchPageRequested, now: datetime) -> None:
    with inbox.once(event, "toy"):
        if event.cursor == "nothing to do":
            raise inbox.AlreadyHandled("it is past this")
        SetAside.create(company=event.company, number=event.cursor, reason="", seen_at=now)
        if event.cursor == "bad":
            raise RuntimeError("told to fail")


LINE = Handles(e.FetchPageRequested, note, together=nothing_ahead)


def noted() -> list[str]:
    with db.connection():
        return sorted(row.number for row in SetAside.select())


def together(*numbers: str) -> list[str]:
    return worker.handle_together(LINE, "toy", [message(number) for number in numbers])


@pytest.mark.usefixtures("sqlite")
class TestTogether:
    def test_each_is_handled_once(self) -> None:
        assert together("1", "2", "3") == ["handled"] * 3
        assert noted() == ["1", "2", "3"]

    def test_one_that_comes_twice_or_has_been_handled_is_passed_over(self) -> None:
        together("1")

        assert together("1", "2", "2") == ["already handled", "handled", "already handled"]
        assert noted() == ["1", "2"]

    def test_one_that_is_past_its_time_does_not_spoil_the_others(self) -> None:
        assert together("1", "nothing to do", "2") == ["handled", "already handled", "handled"]
        assert noted() == ["1", "2"]

    def test_if_one_fails_nothing_has_happened_and_each_is_left_to_be_handled_alone(self) -> None:
        assert together("1", "bad", "2") == []
        assert noted() == []
        with db.connection():
            assert Inbox.select().count() == 0

    def test_one_that_nobody_can_read_leaves_the_others_to_be_handled_alone(self) -> None:
        given = [message("1"), {"body": "no event"}]
        assert worker.handle_together(LINE, "toy", given) == []
        worker.handle(LINE, given[0])

        assert noted() == ["1"]
        with pytest.raises(worker.Rejected):
            worker.handle(LINE, given[1])


# --- acknowledgements ------------------------------------------------------------------------------------------------
@dataclass
class Line:
    """A connection and its channel: notes what is said, when its thread gets to it."""

    said: list[tuple[str, int, bool]] = field(default_factory=list)
    waiting: list[Callable[[], None]] = field(default_factory=list)

    def add_callback_threadsafe(self, work: Callable[[], None]) -> None:
        self.waiting.append(work)

    @property
    def _impl(self) -> "Line":
        return self

    def basic_ack(self, tag: int, multiple: bool = False) -> None:
        self.said.append(("ack", tag, multiple))

    def basic_nack(self, tag: int, requeue: bool) -> None:
        self.said.append(("nack", tag, False))

    def work(self) -> None:
        while self.waiting:
            self.waiting.pop(0)()


@dataclass
class Came:
    _tag: int
    consumer: Any
    message_id: str = "id"


def consumer(*tags: int) -> tuple[Any, Line, dict[int, Came]]:
    line, made = Line(), Consumer.__new__(Consumer)
    made.connection = made.channel = line
    made._acking, made._acked, made.known_tags = threading.Lock(), [], set(tags)
    return made, line, {tag: Came(tag, made) for tag in tags}


def acknowledged(line: Line, tags: set[int]) -> set[int]:
    """The tags of all that were delivered which the broker takes for handled."""
    return {
        tag
        for tag in tags
        for word, up_to, many in line.said
        if word == "ack" and (tag == up_to or (many and tag <= up_to))
    }


def test_many_acknowledgements_are_said_at_once() -> None:
    made, line, came = consumer(1, 2, 3, 4)

    for tag in (2, 1, 3):
        made.ack(came[tag])
    line.work()

    assert line.said == [("ack", 3, True)]


def test_what_is_still_at_work_is_not_covered_by_a_later_one() -> None:
    made, line, came = consumer(1, 2, 3)

    made.ack(came[1])
    made.ack(came[3])
    line.work()

    assert acknowledged(line, {1, 2, 3}) == {1, 3}


def test_one_of_many_threads_says_what_all_have_handled() -> None:
    made, line, came = consumer(*range(1, 401))
    parts = [range(first, 401, 4) for first in range(1, 5)]

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda tags: [made.ack(came[tag]) for tag in tags], parts))
    line.work()

    assert line.said == [("ack", 400, True)]
    assert made.known_tags == set()


def test_what_is_to_be_refused_is_not_covered_before_that_is_said() -> None:
    made, line, came = consumer(1, 2, 3)

    made.ack(came[1])
    made.nack(came[2])
    made.ack(came[3])
    line.work()

    assert acknowledged(line, {1, 2, 3}) == {1, 3}
    assert ("nack", 2, False) in line.said


def test_a_message_that_no_worker_ever_saw_is_not_covered_either() -> None:
    made, line, came = consumer(1, 3)

    made.ack(came[1])
    made._nack(2)  # could not be read
    made.ack(came[3])
    line.work()

    assert acknowledged(line, {1, 2, 3}) == {1, 3}


def test_a_message_of_a_connection_that_was_cut_acknowledges_no_stranger() -> None:
    _, _, before = consumer(1, 2)
    made, line, _ = consumer(1, 2)

    made.ack(before[1])
    made.nack(before[2])
    line.work()

    assert line.said == []
    assert made.known_tags == {1, 2}


# --- brokers ---------------------------------------------------------------------------------------------------------
def test_each_queue_has_a_broker_and_a_worker_of_its_own() -> None:
    """dramatiq says: no more than one worker a broker; two would hear of each other's queues and stops."""
    settings = Settings(secret="s" * 40)

    made = brokers(settings, {"toy": [LINE], "toy.other": [Handles(e.FetchRequested, note)]})

    assert [broker.queues for broker in made] == [{"toy"}, {"toy.other"}]
    assert [Worker(broker, threads=3).queue_prefetch for broker in made] == [400, 3]
