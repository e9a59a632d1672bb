"""`rykker doctor` on real servers: what it finds right, and what it finds wrong."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner

from common import clock, db, logs, publisher, topology
from common.secrets import Vault
from common.settings import BrokerAddress
from common.tables import Company, ReferenceRate
from deploy import servers
from deploy.cli import app
from deploy.servers import Private, RabbitNode, free_port
from dunning.rates import Rates, next_half_year
from tests.conftest import skip_or_fail
from tests.e2e.town import eventually
from tests.unit.deploy.conftest import SECRET

Ill = dict[str, str]
Doctor = Callable[[], Ill]


@pytest.fixture(scope="module")
def managed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A broker with its management interface: the addresses of both."""
    if not servers.rabbitmq_server():
        skip_or_fail("No rabbitmq-server is installed: nobody else's broker is to be made ill")
    folder, port = tmp_path_factory.mktemp("managed"), free_port()
    node = RabbitNode.prepare(folder, free_port())
    (folder / "enabled_plugins").write_text("[rabbitmq_management].\n")
    with (folder / "rabbitmq.conf").open("a") as settings:
        settings.write(f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {port}\n")
    with Private(node) as broker:
        yield broker.url, f"http://127.0.0.1:{port}"


@pytest.fixture
def doctor(managed: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Doctor:
    """What is wrong, with a healthy broker and database, and neither mail server nor ERP."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # would bind all later logs to a stderr that has ended
    monkeypatch.setattr(db, "SYNCHRONOUS", 2)
    for name, value in (
        ("DATABASE_URL", f"sqlite:///{tmp_path}/rykker.sqlite"),
        ("AMQP_URL", managed[0]),
        ("MANAGEMENT_URL", managed[1]),
        ("SMTP_URL", "smtp://127.0.0.1:9"),
        ("ERP_URL", "http://127.0.0.1:9"),
        ("SECRET", SECRET),
    ):
        monkeypatch.setenv(f"RYKKER_{name}", value)
    run = CliRunner()
    assert run.invoke(app, ["topology", "apply"]).exit_code == 0
    assert run.invoke(app, ["migrate"]).exit_code == 0
    know_the_rates()
    return lambda: examined(run)


def know_the_rates() -> None:
    """Whatever the date is on which this runs: an operator has set the rate of this half-year, and of the next."""
    with db.transaction():
        for first in Rates().missing(next_half_year(clock.today())):
            ReferenceRate.create(from_on=first, percent=Decimal("2.00"), set_at=clock.real_now())


def examined(run: CliRunner) -> Ill:
    import json

    result = run.invoke(app, ["doctor", "--json"])
    found = json.loads(result.stdout)
    ill = {one["about"]: one["found"] for one in found if one["ok"] is False}
    assert result.exit_code == (1 if ill else 0)
    return {about: why for about, why in ill.items() if not about.startswith(("ERP", "mail server"))}


def channel(managed: tuple[str, str]) -> Any:
    return publisher.connected(BrokerAddress.parse(managed[0]))


def put(managed: tuple[str, str], path: str, body: dict[str, Any]) -> None:
    address = BrokerAddress.parse(managed[0])
    answer = requests.put(f"{managed[1]}/api/{path}", json=body, auth=(address.user, address.password), timeout=10)
    assert answer.ok, answer.text


def test_a_healthy_system_has_nothing_wrong_but_the_servers_that_are_away(doctor: Doctor) -> None:
    result = CliRunner().invoke(app, ["doctor"])

    assert doctor() == {}
    assert result.exit_code == 1
    assert [line[0] for line in result.stdout.splitlines() if line.startswith(("✗", "–"))] == ["✗", "✗"]
    assert "mail server 127.0.0.1" in result.stdout
    assert "12 with the arguments they should have" in result.stdout


def test_a_queue_with_other_arguments_and_one_that_is_missing_are_named(
    doctor: Doctor, managed: tuple[str, str]
) -> None:
    with channel(managed) as there:
        there.queue_delete("notifier")
        there.queue_delete("dunning.XQ")
        there.queue_declare(
            "dunning.XQ", durable=True, auto_delete=False,
            arguments={"x-queue-type": "quorum", "x-message-ttl": 604_800_000},
        )  # fmt: skip

    ill = doctor()

    assert ill["queue dunning.XQ"] == "has other arguments than it should"
    assert ill["queue notifier"] == "is missing"
    assert "notifier to fetch.finished" in ill["bindings"]
    with channel(managed) as there, pytest.raises(there.connection.channel_errors):  # it was looked at, not made
        there.queue_declare("notifier", passive=True)
    with channel(managed) as there:
        there.queue_delete("dunning.XQ")


def test_a_policy_that_lets_our_messages_vanish_is_named(doctor: Doctor, managed: tuple[str, str]) -> None:
    policy = {"pattern": ".*", "definition": {"max-length": 10}, "apply-to": "queues"}
    put(managed, "policies/%2F/short", policy)

    ill = eventually(lambda: doctor().get("policies", ""), "the management interface hearing of the policy")
    put(managed, "policies/%2F/short", policy | {"pattern": "^none$"})
    eventually(lambda: "policies" not in doctor(), "the management interface hearing of the other pattern")

    assert "dunning gets max-length from short" in ill


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ({}, "has no length limit"),
        ({"x-max-length": 10, "x-overflow": "reject-publish"}, "overflow is reject-publish"),
        ({"x-max-length": 10, "x-dead-letter-exchange": "rykker.events"}, "dead-letters to rykker.events"),
        ({"x-max-length": 10}, None),
    ],
)
def test_an_outside_subscriber_that_could_stop_us_is_named(
    doctor: Doctor, managed: tuple[str, str], arguments: dict[str, Any], wrong: str | None
) -> None:
    with channel(managed) as there:
        there.queue_declare("outside", durable=True, auto_delete=False, arguments=arguments)
        there.queue_bind("outside", topology.EVENTS.name, "#")

    ill = doctor()

    with channel(managed) as there:
        there.queue_delete("outside")
    assert ill.get("subscriber outside") == wrong


def test_a_key_of_another_secret_and_an_unknown_migration_are_named(doctor: Doctor) -> None:
    with db.transaction():
        foreign = Vault("another secret of forty characters, or so").lock("key")
        Company.create(
            cvr="12345674", name="A", email="a@b.example", api_key=foreign, created_at=clock.real_now()
        )  # fmt: skip
        db.handle.execute_sql("INSERT INTO schema_migration (name, applied) VALUES ('9999_later', '2026-01-01')")

    ill = doctor()

    assert "12345674" in ill["secret"]
    assert ill["migrations"] == "unknown: 9999_later"


def test_a_broker_without_management_is_said_and_not_wrong(doctor: Doctor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RYKKER_MANAGEMENT_URL")

    page = " ".join(CliRunner().invoke(app, ["doctor"]).stdout.split())

    assert doctor() == {}
    assert "not checked: rights, feature flags, policies, bindings and subscribers: http://127.0.0.1:15672 gave" in page
