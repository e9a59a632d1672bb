"""What a deployment does to work that is going on: stopping, and two versions side by side."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

import pytest

from common import clock, db, publisher
from common.settings import BrokerAddress
from common.tables import FailedMessage, Inbox, SetAside
from common.worker import CLOSING, SHUTDOWN
from deploy.supervisor import GRACE
from scheduler import deadletters, store
from tests.e2e.town import eventually
from tests.integration.test_messages import Toy, address, count, order, relay, say, toy, waiting

__all__ = ["address", "relay", "toy"]  # fixtures


def ended(toy: Toy) -> tuple[int, str, float]:
    """Tells it to stop: its exit code, what it said, and how many seconds that took."""
    assert toy.process
    began = time.monotonic()
    toy.process.send_signal(signal.SIGTERM)
    code, said = toy.wait()
    return code, said, time.monotonic() - began


def collected(address: BrokerAddress) -> list[FailedMessage]:
    publisher.collect_dead_letters(
        address, lambda letter: store.keep_failed(deadletters.failed_message(letter, clock.business_now()))
    )
    with db.connection():
        return list(FailedMessage.select())


def test_work_that_outlasts_the_stop_comes_to_the_next_worker_and_is_done_once(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    say(order("takes 60", 1), order("takes 0.1", 2))
    relay()
    toy.start()
    eventually(lambda: count(Inbox) == 1, "the short one")

    code, said, took = ended(toy)

    assert code == 0
    assert "comes to the next worker" in said
    assert took < GRACE, "whoever supervises it would kill it"
    eventually(lambda: waiting(address, "dunning") == 1, "the long one in the queue again")
    assert count(SetAside) == count(Inbox) == 1


def test_the_supervisor_waits_longer_than_a_stop_may_take() -> None:
    assert (SHUTDOWN + CLOSING).total_seconds() < GRACE


# --- two versions ----------------------------------------------------------------------------------------------------
def next_version(toy: Toy, word: str) -> None:
    """Lets the next version do something, as a process of its own."""
    command = [sys.executable, "-m", "tests.integration.toy_next", word]
    subprocess.run(command, env=toy.env, check=True, timeout=60)


@pytest.fixture
def newer(toy: Toy) -> Iterator[Toy]:
    running = Toy(toy.env, "tests.integration.toy_next")
    yield running
    running.stop()


def test_an_old_worker_beside_a_new_one_loses_nothing_that_only_the_new_one_knows(
    toy: Toy, newer: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    next_version(toy, "deploy")
    toy.start()
    newer.start()
    next_version(toy, "say")

    relay()

    eventually(lambda: count(Inbox) + waiting(address, "dunning.XQ") == 200, "every event handled or set aside")
    set_aside = collected(address)
    assert set_aside, "the old worker met none of the new events: the test shows nothing"
    assert {row.type for row in set_aside} == {"decision.explained"}
    assert all("decision.explained" in row.cause for row in set_aside)
    ended(toy)
    next_version(toy, "replay")
    eventually(lambda: count(Inbox) == 200, "what the old worker set aside, by the new one")
    assert count(SetAside) == 200
    with db.connection():
        assert not FailedMessage.select().where(FailedMessage.state == "open").exists()
