"""Where a server comes from. No engine and no server is needed: the machine is a fake."""

from pathlib import Path

import pytest

from deploy.servers import Given, NoServer, NotOurs, Private, choose_broker, choose_postgres
from deploy.servers.choice import Sources
from deploy.servers.containers import Contained, rabbit_container

NOTHING = Sources(engine=lambda: False, rabbitmq=lambda: None, postgres=lambda: None)
DOCKER = Sources(engine=lambda: True, rabbitmq=lambda: "installed", postgres=lambda: "installed")
INSTALLED = Sources(engine=lambda: False, rabbitmq=lambda: "installed", postgres=lambda: "installed")


def test_a_given_url_comes_first() -> None:
    broker = choose_broker({"RYKKER_TEST_AMQP_URL": "amqp://a"}, sources=DOCKER)
    postgres = choose_postgres({"RYKKER_TEST_POSTGRES_URL": "postgresql://a"}, sources=DOCKER)

    assert isinstance(broker, Given)
    assert (broker.url, postgres.url) == ("amqp://a", "postgresql://a")


def test_docker_comes_before_what_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")  # a container object asks nothing of it before it starts

    assert isinstance(choose_broker({}, sources=DOCKER), Contained)
    assert isinstance(choose_postgres({}, sources=DOCKER), Contained)


def test_an_installed_rabbitmq_is_started_privately_without_docker(tmp_path: Path) -> None:
    broker = choose_broker({}, tmp_path, INSTALLED)

    assert isinstance(broker, Private)
    assert broker.program.folder == tmp_path


@pytest.mark.parametrize("choose", [choose_broker, choose_postgres])
def test_a_machine_without_any_says_what_to_do(choose: object) -> None:
    with pytest.raises(NoServer, match=r"set RYKKER_TEST_\w+_URL, start Docker, or install"):
        choose({}, sources=NOTHING)  # type: ignore[operator]


def test_a_container_is_reached_on_loopback_alone_and_keeps_its_data_in_the_folder(tmp_path: Path) -> None:
    contained = rabbit_container(5999, tmp_path / "data")

    assert contained.url == "amqp://rykker:rykker@127.0.0.1:5999//"
    assert contained.container.ports == {"5672": ("127.0.0.1", 5999)}
    assert [str(tmp_path / "data")] == list(contained.container.volumes)


def test_a_given_server_is_never_stopped() -> None:
    with Given("amqp://a") as given:
        for act in (given.start, given.stop, given.kill):
            with pytest.raises(NotOurs):
                act()
