"""Messages that can never succeed, on a real broker: their neighbours go on, and `rykker failed` knows what to do."""

import json
from collections.abc import Callable, Iterator

import pytest
from amqp import Message
from typer.testing import CliRunner, Result

from common import clock, cloudevents, db, logs, publisher, topology
from common import events as e
from common.cloudevents import from_wire
from common.settings import BrokerAddress
from common.tables import FailedMessage, Outbox, SetAside
from common.worker.threads import MANY
from deploy.cli import app
from scheduler import deadletters, store
from tests.e2e.town import eventually
from tests.integration.test_messages import Toy, address, order, relay, say, toy, waiting
from tests.unit.deploy.conftest import told

__all__ = ["address", "relay", "toy"]  # fixtures
Rykker = Callable[..., Result]
NEIGHBOURS = 12


@pytest.fixture
def database(sqlite: str) -> str:
    return sqlite


@pytest.fixture
def rykker(database: str, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> Iterator[Rykker]:
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # would bind all later logs to a stderr that has ended
    monkeypatch.setattr("deploy.migrate.missing", lambda *_: [])  # these tables were made without migrations
    for name in ("RYKKER_DATABASE_URL", "RYKKER_AMQP_URL", "RYKKER_SECRET"):
        monkeypatch.setenv(name, toy.env[name])
    yield lambda *words: CliRunner().invoke(app, words)
    db.use(database)


def collect(address: BrokerAddress) -> None:
    publisher.collect_dead_letters(
        address, lambda letter: store.keep_failed(deadletters.failed_message(letter, clock.business_now()))
    )


def restart_until(toy: Toy, enough: Callable[[], bool]) -> int:
    """As whatever supervises processes in production does; returns how often."""

    starts = []

    def look() -> bool:
        if toy.process is None or toy.process.poll() is not None:
            if toy.process:
                toy.wait()
            toy.start()
            starts.append(1)
        return enough()

    eventually(look, "the poison being given up", timeout=500)
    return len(starts)


@pytest.mark.timeout(600)  # twenty starts of a worker, on whatever machine
def test_poison_of_every_kind_ends_among_the_dead_letters_and_stops_no_queue(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    poison = [order(word, number) for number, word in enumerate(("reject", "always fails", "kill"), start=100)]
    neighbours = [order(f"neighbour {number}", number) for number in range(NEIGHBOURS)]
    say(*poison[:2], *neighbours[: NEIGHBOURS // 2], poison[2])
    relay()
    with publisher.connected(address) as channel:
        channel.basic_publish(Message(b"\xff{"), exchange=topology.EVENTS.name, routing_key="decision.made")
    say(*neighbours[NEIGHBOURS // 2 :])
    relay()

    begins = {
        "RuntimeError: told",
        "The message is no event",
        "common.worker.handling.Rejected: told",
        "delivery_limit by dunning",
    }

    def kept() -> list[str]:
        """A kill between a retry and its ack leaves two of one message: same id, kept once."""
        with db.connection():
            return [next((b for b in begins if row.cause.startswith(b)), row.cause) for row in FailedMessage.select()]

    def is_over() -> bool:
        collect(address)
        emptied = waiting(address, "dunning") == waiting(address, "dunning.DQ") == 0
        return emptied and begins <= set(kept())

    starts = restart_until(toy, is_over)
    collect(address)

    assert set(kept()) == begins
    assert handled() == sorted(event.invoice_number for event in neighbours)
    assert given_up() == {"kill"}
    assert starts > 1
    assert waiting(address, "dunning") == waiting(address, "dunning.DQ") == waiting(address, "dunning.XQ") == 0


@pytest.mark.timeout(600)  # twenty starts of a worker, on whatever machine
def test_a_killer_takes_none_of_four_hundred_neighbours_along_and_no_retry_that_waits(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress
) -> None:
    neighbours = [order(f"neighbour {number:03}", number) for number in range(2 * MANY)]
    say(*neighbours[:MANY], order("kill", 2 * MANY), *neighbours[MANY:])
    while relay():
        pass
    with publisher.connected(address) as channel:
        channel.basic_publish(Message(waiting_retry(order("later", 2 * MANY + 1))), routing_key="dunning.DQ")
    eventually(lambda: waiting(address, "dunning.DQ") == 1, "the retry that waits")
    for _ in range(topology.LIMIT // 2):  # as many deaths, of others, before this story begins
        with publisher.connected(address) as channel:
            assert channel.basic_get("dunning.DQ")
        eventually(lambda: waiting(address, "dunning.DQ") == 1, "it being back")
    toy.env["TOY_MANY"] = "yes"

    def is_over() -> bool:
        collect(address)
        return bool(given_up()) and waiting(address, "dunning") == 0

    restart_until(toy, is_over)
    eventually(lambda: len(handled()) == 2 * MANY, "all neighbours being handled")
    toy.stop()

    assert handled() == [event.invoice_number for event in neighbours]
    assert given_up() == {"kill"}
    assert waiting(address, "dunning") == waiting(address, "dunning.XQ") == 0
    assert waiting(address, "dunning.DQ") == 1


def waiting_retry(event: e.Event) -> str:
    """A retry as a worker publishes it, due in half an hour."""
    body = cloudevents.to_wire(event.identified("tests"), source="tests", time=clock.real_now())
    due = int(clock.real_now().timestamp() * 1000) + 1_800_000
    return json.dumps(
        {
            "queue_name": "dunning.DQ", "actor_name": "decision.made", "args": [{"body": body}], "kwargs": {},
            "options": {"retries": 1, "traceback": "KeyError: 'x'", "eta": due},
            "message_id": "1", "message_timestamp": due,
        }
    )  # fmt: skip


def handled() -> list[str]:
    """The neighbours, each as often as it was handled."""
    with db.connection():
        return sorted(row.number for row in SetAside.select())


def given_up() -> set[str]:
    with db.connection():
        rows = FailedMessage.select().where(FailedMessage.cause.startswith("delivery_limit"))
        return {from_wire(row.body).invoice_number for row in rows}  # type: ignore[attr-defined]


def test_a_replay_goes_to_its_own_queue_alone_and_one_that_fails_again_comes_back(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress, rykker: Rykker
) -> None:
    say(order("reject"))
    relay()
    toy.start()
    eventually(lambda: waiting(address, "dunning.XQ") == 1, "the dead letter")
    collect(address)
    with publisher.connected(address) as channel:
        channel.queue_declare("outside", auto_delete=False)
        channel.queue_bind("outside", topology.EVENTS.name, "#")

    (outcome,) = told(rykker("failed", "replay", "common.worker.handling.Rejected", "--json"))
    eventually(lambda: waiting(address, "dunning.XQ") == 1, "the dead letter that came back")
    db.use(toy.env["RYKKER_DATABASE_URL"])
    collect(address)

    with db.connection():
        said = Outbox.get()
        rows = [(row.state, row.times, row.event_id) for row in FailedMessage.select().order_by(FailedMessage.id)]
    assert (outcome["result"], outcome["event_id"]) == ("replayed", said.event_id)
    assert rows == [("replayed", 1, said.event_id), ("open", 2, said.event_id)]
    assert waiting(address, "outside") == 0
    with publisher.connected(address) as channel:
        channel.queue_delete("outside")


def test_a_replay_to_a_queue_that_is_missing_leaves_the_message_open(
    relay: Callable[[], int], address: BrokerAddress, rykker: Rykker
) -> None:
    say(order("ok"))
    with db.transaction():
        said = Outbox.get()
        FailedMessage.create(
            queue="dunning", event_id=said.event_id, type=said.type, company=said.company, cause="KeyError: 'x'",
            body=said.body, collected_at=clock.business_now(),
        )  # fmt: skip
    with publisher.connected(address) as channel:
        channel.queue_delete("dunning")

    result = rykker("failed", "replay", "1")

    assert (result.exit_code, "'dunning'" in result.stderr) == (2, True)
    assert len(told(rykker("failed", "list", "--json"))) == 1
