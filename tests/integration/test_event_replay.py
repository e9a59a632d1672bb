"""`rykker events replay`: the log, once more, to one queue."""

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from common import clock, db, logs, publisher, topology
from common import events as e
from common.cloudevents import from_wire
from common.one_queue import OneQueue
from common.settings import BrokerAddress
from common.tables import Inbox, Outbox
from deploy.event_log import Part, Unconfirmed, say_again
from tests.integration.test_messages import address, order, relay, say, waiting
from tests.unit.deploy.conftest import SECRET, refusal, told

__all__ = ["address", "relay"]  # fixtures
Rykker = Callable[..., Result]
SAID = 250


@pytest.fixture
def rykker(database: str, amqp_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Rykker:
    from deploy.cli import app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # would bind all later logs to a stderr that has ended
    monkeypatch.setattr("deploy.migrate.missing", lambda *_: [])  # these tables were made without migrations
    monkeypatch.setenv("RYKKER_DATABASE_URL", database)
    monkeypatch.setenv("RYKKER_AMQP_URL", amqp_url)
    monkeypatch.setenv("RYKKER_SECRET", SECRET)

    def run(*words: str) -> Result:
        result = CliRunner().invoke(app, words)
        db.use(database)
        return result

    return run


@pytest.fixture
def published(relay: Callable[[], int], address: BrokerAddress) -> list[str]:
    """Ids of decisions that were published, after which the broker came back empty; other events were said, too."""
    say(*[order("x", number) for number in range(SAID)])
    say(e.NoticesDue(company="12345674", fetch_id="f", occasion="o"))
    while relay():
        pass
    say(order("not yet", SAID))
    with publisher.connected(address) as channel:
        for queue in topology.queues():
            queue(channel).delete()
        topology.apply(channel)
    with db.connection():
        ids = Outbox.select(Outbox.event_id).where(Outbox.type == "decision.made", Outbox.published_at.is_null(False))
        return [row.event_id for row in ids.order_by(Outbox.id)]


def heard(address: BrokerAddress, queue: str) -> list[str]:
    with publisher.connected(address) as channel:
        return [
            from_wire(channel.basic_get(queue, no_ack=True).body).id
            for _ in range(channel.queue_declare(queue, passive=True).message_count)
        ]


def test_a_queue_that_came_back_empty_hears_what_its_process_has_not_handled(
    rykker: Rykker, published: list[str], address: BrokerAddress
) -> None:
    with db.transaction():
        Inbox.create(consumer="dunning", event_id=published[0], handled_at=clock.real_now())
        Inbox.create(consumer="notifier", event_id=published[1], handled_at=clock.real_now())

    report = told(rykker("events", "replay", "--since", "1h", "--to", "dunning", "--rate", "5000", "--json"))

    assert (report["found"], report["published"]) == (SAID - 1, SAID - 1)
    assert heard(address, "dunning") == published[1:]
    assert waiting(address, "notifier") == waiting(address, "fetcher") == 0


def test_a_dry_run_counts_and_publishes_nothing(rykker: Rykker, published: list[str], address: BrokerAddress) -> None:
    report = told(rykker("events", "replay", "--since", "1h", "--to", "dunning", "--dry-run", "--json"))

    assert (report["found"], report["published"]) == (SAID, 0)
    assert waiting(address, "dunning") == 0


def test_an_outside_queue_hears_all_or_the_types_it_wants(
    rykker: Rykker, published: list[str], address: BrokerAddress
) -> None:
    with publisher.connected(address) as channel:
        channel.queue_declare("outside", auto_delete=False)

    every = told(rykker("events", "replay", "--since", "1h", "--to", "outside", "--rate", "5000", "--json"))
    some = told(rykker("events", "replay", "--since", "1h", "--to", "outside", "--type", "notices.*", "--json"))

    assert (every["published"], some["published"]) == (SAID + 1, 1)
    assert len(heard(address, "outside")) == SAID + 2
    with publisher.connected(address) as channel:
        channel.queue_delete("outside")


def test_a_replay_that_is_cut_off_goes_on_where_it_stopped(
    rykker: Rykker, published: list[str], address: BrokerAddress
) -> None:
    now = clock.business_now()
    part = Part(queue="dunning", types=("decision.made",), since=now - timedelta(hours=1), until=now)
    with OneQueue(address, "dunning") as queue, db.connection():
        batches = say_again(part, queue)
        reached = next(batches)[-1].id
        with publisher.connected(address) as channel:
            channel.queue_delete("dunning")
        with pytest.raises(Unconfirmed):
            next(batches)
    with publisher.connected(address) as channel:
        topology.apply(channel)

    words = ("--since", "1h", "--to", "dunning", "--after", str(reached), "--rate", "5000", "--json")
    report = told(rykker("events", "replay", *words))

    assert report["published"] == SAID - 100
    assert heard(address, "dunning") == published[100:]


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("--since", "1h", "--to", "nowhere"), "'nowhere'"),
        (("--since", "1h", "--to", "dunning.XQ"), "the queue to name is dunning"),
        (("--since", "1h", "--to", "dunning", "--type", "fetch.requested"), "hears nothing like 'fetch.requested'"),
        (("--since", "yesterday", "--to", "dunning"), "'yesterday' is no time"),
    ],
)
def test_what_can_not_be_meant_is_refused_by_name(
    rykker: Rykker, address: BrokerAddress, words: tuple[str, ...], named: str
) -> None:
    assert named in refusal(rykker("events", "replay", *words), 2)


def test_an_interrupted_replay_prints_the_command_that_says_the_rest(
    rykker: Rykker, published: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupt)
    result = rykker("events", "replay", "--since", "1h", "--to", "dunning")
    monkeypatch.undo()

    assert result.exit_code == 1
    assert "Go on with: rykker events replay --to dunning --since " in result.stderr
    assert "--after 100" in result.stderr
