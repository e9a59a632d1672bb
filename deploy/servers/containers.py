"""Servers in Docker, through testcontainers, whose own reaper ends them when this process dies."""

import gc
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from deploy.servers.ports import LOOPBACK, free_port
from deploy.servers.running import NotReady

RABBITMQ_IMAGE, POSTGRES_IMAGE = "rabbitmq:4", "postgres:17"
USER, PASSWORD = "rykker", "rykker"  # a server for one run, on loopback
SOCKET = Path("/var/run/docker.sock")


def engine_answers() -> bool:
    """A socket that hangs counts as no engine, after two seconds."""
    if not os.environ.get("DOCKER_HOST") and not SOCKET.exists():
        return False
    with _own_warnings():
        try:
            return _ping()
        finally:
            gc.collect()  # a socket that did not connect is left to the collector, which would warn later


def _ping() -> bool:
    import docker
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        return bool(docker.from_env(timeout=2).ping())
    except (DockerException, RequestException):
        return False


def rabbit_container(port: int | None = None, folder: Path | None = None) -> "Contained":
    """RabbitMQ on `port`, or any free one; keeps its data in `folder`, or for as long as the container lives."""

    def make() -> Any:
        from testcontainers.community.rabbitmq import RabbitMqContainer

        container = RabbitMqContainer(RABBITMQ_IMAGE, 5672, USER, PASSWORD, "/")
        container.with_env("RABBITMQ_NODENAME", "rykker@localhost")  # data belongs to the node's name
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
            container.with_volume_mapping(folder.resolve(), "/var/lib/rabbitmq", "rw")
        return container

    port = port or free_port()
    return Contained(make, 5672, port, f"amqp://{USER}:{PASSWORD}@{LOOPBACK}:{port}//")


def postgres_container() -> "Contained":
    def make() -> Any:
        from testcontainers.community.postgres import PostgresContainer

        container = PostgresContainer(POSTGRES_IMAGE, 5432, USER, PASSWORD, "postgres", driver=None)
        return container.with_command("postgres -c fsync=off -c max_connections=300")

    port = free_port()
    return Contained(make, 5432, port, f"postgresql://{USER}:{PASSWORD}@{LOOPBACK}:{port}/postgres")


class Contained:
    """A container on a fixed port of loopback, so that it is found there again after `stop` and `start`."""

    ours = True

    def __init__(self, make: Callable[[], Any], inner_port: int, port: int, url: str) -> None:
        """`make` gives a testcontainers container; it may ask the engine, and is called at the first start."""
        self.url, self._make, self._inner_port, self._port = url, make, inner_port, port
        self._container: Any = None

    def start(self) -> None:
        """Raises NotReady."""
        from docker.errors import DockerException
        from requests.exceptions import RequestException

        try:
            with _own_warnings():
                self._start_again() if self._container else self._start_first()
        except (DockerException, RequestException, TimeoutError) as error:
            raise NotReady(f"Docker could not start what listens on port {self._port}: {error}") from error

    def stop(self) -> None:
        self._container.get_wrapped_container().stop(timeout=30)

    def kill(self) -> None:
        self._container.get_wrapped_container().kill()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._container:
            self._container.stop()

    def _start_first(self) -> None:
        self._container = self._make()
        self._container.ports[str(self._inner_port)] = (
            LOOPBACK,
            self._port,
        )  # with_bind_ports opens it to all networks
        self._container.start()

    def _start_again(self) -> None:
        self._container.get_wrapped_container().start()
        probe = getattr(self._container, "readiness_probe", None) or self._container._connect
        probe()


@contextmanager
def _own_warnings() -> Iterator[None]:
    """testcontainers 4.15 warns of itself when imported, docker-py of its sockets; in our tests warnings are errors."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", ResourceWarning)
        yield
