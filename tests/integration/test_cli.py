"""The `rykker` command on real servers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner, Result

from common import db, logs, publisher, topology
from common.settings import BrokerAddress
from deploy import servers
from deploy.cli import app
from tests.unit.deploy import example
from tests.unit.deploy.conftest import SECRET, refusal, told

pytestmark = pytest.mark.fast
Rykker = Callable[..., Result]


@pytest.fixture
def rykker(
    tmp_path: Path, amqp_url: str, postgres_server: servers.Server, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rykker]:
    """The command, on a PostgreSQL database without tables and a real broker."""
    name = f"rykker_{uuid4().hex}"
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # would bind all later logs to a stderr that has ended
    monkeypatch.setenv("RYKKER_DATABASE_URL", servers.create_database(postgres_server.url, name))
    monkeypatch.setenv("RYKKER_AMQP_URL", amqp_url)
    monkeypatch.setenv("RYKKER_SECRET", SECRET)
    yield lambda *words: CliRunner().invoke(app, words)
    db.handle.close_all()
    servers.drop_database(postgres_server.url, name)


def test_a_database_without_tables_is_one_line(rykker: Rykker) -> None:
    assert "run `rykker migrate`" in refusal(rykker("status"), 1)


def test_the_reports_read_postgresql_and_the_queues(rykker: Rykker) -> None:
    assert told(rykker("migrate", "--json"))["ran"][0] == "0001_first_tables"
    declared = told(rykker("topology", "apply", "--json"))
    example.fill()
    db.handle.close_all()

    status = told(rykker("status", "--json"))
    life = told(rykker("invoice", example.CVR, "10001", "--json"))

    assert declared["queues"] == [queue.name for queue in topology.queues()]
    assert [row["queue"] for row in status["broker"]["queues"]] == list(topology.SUBSCRIPTIONS)
    assert status["companies"][0]["last_fetch"]["overdue"] == 1
    assert [said["type"] for said in life["history"]] == ["invoice.overdue", "letter.planned", "procedure.due"]
    assert "dunning" in rykker("status").stdout


def test_a_broker_without_queues_is_said_and_fails_nothing(rykker: Rykker, amqp_url: str) -> None:
    rykker("migrate")
    with publisher.connected(BrokerAddress.parse(amqp_url)) as channel:
        for queue in topology.queues():
            queue(channel).delete()

    broker = told(rykker("status", "--json"))["broker"]

    assert broker["answers"] is False
    assert "no queue" in broker["problem"]
    rykker("topology", "apply")
