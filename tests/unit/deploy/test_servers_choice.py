"""Where a server comes from. No engine and no server is needed: the machine is a fake."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from docker.errors import DockerException

from deploy.servers import Given, NoServer, NotOurs, NotReady, Private, choose_broker, choose_postgres
from deploy.servers.choice import Sources
from deploy.servers.containers import Contained, engine_answers, postgres_container, rabbit_container

NOTHING = Sources(engine=lambda: False, rabbitmq=lambda: None, postgres=lambda: None)
DOCKER = Sources(engine=lambda: True, rabbitmq=lambda: "installed", postgres=lambda: "installed")
INSTALLED = Sources(engine=lambda: False, rabbitmq=lambda: "installed", postgres=lambda: "installed")


def test_a_given_url_comes_first() -> None:
    broker = choose_broker({"RYKKER_TEST_AMQP_URL": "amqp://a"}, sources=DOCKER)
    postgres = choose_postgres({"RYKKER_TEST_POSTGRES_URL": "postgresql://a"}, sources=DOCKER)

    assert isinstance(broker, Given)
    assert (broker.url, postgres.url) == ("amqp://a", "postgresql://a")


def test_docker_comes_before_what_is_installed() -> None:
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


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What an engine would have been asked to start, by testcontainers itself."""
    asked: list[dict[str, Any]] = []

    class Engine:
        def __init__(self, **_: object) -> None: ...

        def create(self, image: str, **wishes: Any) -> "Engine":
            asked.append({"image": image, **wishes})
            return self

        def start(self, container: object) -> None: ...

        short_id = "fake"

    monkeypatch.setattr("testcontainers.core.container.DockerClient", Engine)
    monkeypatch.setattr("testcontainers.core.container.c.ryuk_disabled", True)
    monkeypatch.setattr("testcontainers.community.rabbitmq.RabbitMqContainer.readiness_probe", lambda _: True)
    monkeypatch.setattr("testcontainers.community.postgres.PostgresContainer._connect", lambda _: None)
    return asked


@pytest.mark.filterwarnings("ignore:The @wait_container_is_ready decorator:DeprecationWarning")
def test_a_rabbitmq_container_is_reached_on_loopback_alone_and_keeps_its_data(
    tmp_path: Path, started: list[dict[str, Any]]
) -> None:
    contained = rabbit_container(5999, tmp_path / "queues")
    contained.start()

    assert contained.url == "amqp://rykker:rykker@127.0.0.1:5999//"
    assert started[0]["image"] == "rabbitmq:4"
    assert started[0]["ports"] == {"5672": ("127.0.0.1", 5999)}
    assert started[0]["environment"]["RABBITMQ_DEFAULT_USER"] == "rykker"
    assert started[0]["volumes"] == {str(tmp_path / "queues"): {"bind": "/var/lib/rabbitmq", "mode": "rw"}}


@pytest.mark.filterwarnings("ignore:The @wait_container_is_ready decorator:DeprecationWarning")
def test_a_postgresql_container_is_reached_on_loopback_alone(started: list[dict[str, Any]]) -> None:
    contained = postgres_container()
    contained.start()

    port = urlsplit(contained.url).port
    assert started[0]["ports"] == {"5432": ("127.0.0.1", port)}
    assert started[0]["environment"]["POSTGRES_USER"] == "rykker"
    assert "fsync=off" in started[0]["command"]


def test_an_engine_that_refuses_is_one_line() -> None:
    def refuse() -> None:
        raise DockerException("no such image")

    with pytest.raises(NotReady, match="Docker could not start what listens on port 5999: no such image"):
        Contained(refuse, 5672, 5999, "amqp://a").start()


def test_no_engine_answers_where_nothing_listens(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")

    assert not engine_answers()


def test_a_given_server_is_never_stopped() -> None:
    with Given("amqp://a") as given:
        for act in (given.start, given.stop, given.kill):
            with pytest.raises(NotOurs):
                act()
