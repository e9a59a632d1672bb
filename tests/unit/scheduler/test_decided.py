"""Decisions of operators on failed messages: carried out once, by the message as it was seen, and never lost."""

from contextlib import AbstractContextManager, nullcontext

import pytest

from common import db
from common.publisher import BrokerUnreachable
from common.tables import FailedDecision, FailedMessage, Inbox
from scheduler import decided
from scheduler.failed import OneQueue
from tests.unit.scheduler.test_failed import DECIDED, MONDAY, Queue, fails

pytestmark = pytest.mark.usefixtures("database")


def decide(choice: str, failed_id: int = 1, times: int = 1, reason: str = "") -> None:
    row = {"failed_id": failed_id, "times": times, "choice": choice, "reason": reason, "decided_at": MONDAY}
    with db.transaction():
        FailedDecision.insert(row | {"by": "drift@a.example"}).execute()


def carry_out(queue: Queue) -> bool:
    return decided.carry_out(lambda _: nullcontext(queue), MONDAY)


def rows() -> list[tuple[str, int, str]]:
    with db.connection():
        return [(r.state, r.decision_no, r.outcome) for r in FailedMessage.select().order_by(FailedMessage.id)]


def test_a_replay_is_published_once_and_the_row_says_so() -> None:
    fails()
    decide("replay")
    queue = Queue()

    assert [carry_out(queue), carry_out(queue)] == [True, True]

    assert queue.heard == [(DECIDED.id, "decision.made")]
    assert rows() == [("replayed", 1, "replayed")]


def test_an_archived_message_keeps_the_reason_and_is_not_published() -> None:
    fails()
    decide("archive", reason="et forsøg")
    queue = Queue()

    carry_out(queue)

    assert queue.heard == []
    assert rows() == [("archived", 1, "archived")]
    with db.connection():
        assert FailedMessage.get().reason == "et forsøg"


@pytest.mark.parametrize("choice", ["replay", "archive"])
def test_a_message_that_came_back_since_it_was_seen_is_left_alone(choice: str) -> None:
    fails()
    decide(choice)
    fails()
    queue = Queue()

    carry_out(queue)

    assert queue.heard == []
    assert rows() == [("open", 1, "failed again: it came back after it was decided on")]


def test_a_message_that_comes_back_while_it_is_replayed_stays_open_and_can_be_decided_anew() -> None:
    fails()
    decide("replay")
    carry_out(Queue(meanwhile=fails))
    before = rows()
    decide("replay", times=2)

    carry_out(Queue())

    assert [(state, number) for state, number, _ in before] == [("open", 1)]
    assert rows() == [("replayed", 2, "replayed")]


@pytest.mark.parametrize("word", ["nacked", "unknown"])
def test_a_replay_that_is_not_confirmed_is_tried_again(word: str) -> None:
    fails()
    decide("replay")

    first, second = carry_out(Queue(word)), carry_out(Queue())

    assert [first, second] == [False, True]
    assert rows() == [("replayed", 1, "replayed")]


def test_a_broker_that_is_away_loses_no_decision_and_holds_up_no_archiving() -> None:
    fails()
    fails(event_id="another", body="{}")
    decide("replay")
    decide("archive", failed_id=2)

    def away(queue: str) -> AbstractContextManager[OneQueue]:
        raise BrokerUnreachable("RabbitMQ is away")

    before = decided.carry_out(away, MONDAY), rows()
    carry_out(Queue())

    assert before == (False, [("open", 0, ""), ("archived", 2, "archived")])
    assert [state for state, *_ in rows()] == ["replayed", "archived"]


def test_a_message_that_nobody_can_read_says_so_and_waits_for_another_decision() -> None:
    fails(body="{}")
    decide("replay")
    decide("archive", reason="kan ikke læses")
    queue = Queue()

    carry_out(queue)
    before = rows()
    carry_out(queue)

    assert before[0][:2] == ("open", 1)
    assert before[0][2].startswith("can't be replayed: nobody can read it")
    assert queue.heard == []
    assert rows() == [("archived", 2, "archived")]


def test_what_was_handled_meanwhile_is_over_without_being_published() -> None:
    fails()
    decide("replay")
    with db.transaction():
        Inbox.create(consumer="dunning", event_id=DECIDED.id, handled_at=MONDAY)
    queue = Queue()

    carry_out(queue)

    assert queue.heard == []
    assert rows() == [("replayed", 1, "replayed")]


def test_of_two_decisions_at_once_the_first_one_counts() -> None:
    fails()
    decide("archive", reason="først")
    decide("replay")
    queue = Queue()

    for _ in range(3):
        carry_out(queue)

    assert queue.heard == []
    assert rows() == [("archived", 1, "archived")]


def test_a_decision_of_the_command_line_is_not_overwritten_by_one_that_comes_late() -> None:
    from scheduler import failed

    fails()
    with db.connection():
        failed.archive(failed.chosen("1"), "ved kommandoen", MONDAY)
    decide("replay")
    queue = Queue()

    carry_out(queue)

    assert queue.heard == []
    assert rows() == [("archived", 0, "archived")]


def test_a_second_scheduler_that_decides_at_the_same_moment_leaves_the_outcome_of_the_first() -> None:
    fails()
    decide("replay")

    carry_out(Queue(meanwhile=lambda: carry_out(Queue())))

    assert rows() == [("replayed", 1, "replayed")]


def test_what_came_of_an_older_decision_is_not_written_over_that_of_a_newer_one() -> None:
    fails(body="{}")
    decide("replay")
    with db.connection():
        late = decided.pending()
    with db.transaction():
        FailedMessage.update(decision_no=7, outcome="newer").execute()

    with db.connection():
        decided._note((decided._seen(row, "failed again") for row, _ in late), {row.id: one.id for row, one in late})

    assert rows() == [("open", 7, "newer")]


def test_after_a_broker_that_was_away_the_next_try_waits() -> None:
    fails()
    decide("replay")
    tries = list[str]()

    def away(queue: str) -> AbstractContextManager[OneQueue]:
        tries.append(queue)
        raise BrokerUnreachable("RabbitMQ is away")

    deciding = decided.Deciding(away, pause=60)
    for _ in range(3):
        deciding()

    assert tries == ["dunning"]
