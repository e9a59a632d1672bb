"""Where a server comes from: a URL that was given, Docker where an engine answers, a program on this machine."""

import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.servers import containers
from deploy.servers.ports import free_port
from deploy.servers.postgres import PostgresCluster, postgres_programs
from deploy.servers.rabbit import RabbitNode, rabbitmq_server
from deploy.servers.running import Given, Private, Server


class NoServer(Exception):
    """No server was given, and none can be started."""


@dataclass(frozen=True)
class Sources:
    """How to find out what this machine offers; the tests of the choice have their own."""

    engine: Callable[[], bool] = containers.engine_answers
    rabbitmq: Callable[[], object] = rabbitmq_server
    postgres: Callable[[], object] = postgres_programs


MACHINE = Sources()


def choose_broker(env: Mapping[str, str], folder: Path | None = None, sources: Sources = MACHINE) -> Server:
    """A RabbitMQ for tests, not yet started; its data lies in `folder`, or in one that is removed. Raises NoServer."""
    if url := env.get("RYKKER_TEST_AMQP_URL"):
        return Given(url)
    if sources.engine():
        return containers.rabbit_container()
    if sources.rabbitmq():
        return private_broker(folder)
    raise NoServer("No RabbitMQ: set RYKKER_TEST_AMQP_URL, start Docker, or install rabbitmq-server.")


def choose_postgres(env: Mapping[str, str], folder: Path | None = None, sources: Sources = MACHINE) -> Server:
    """A PostgreSQL for tests, likewise; see `databases` for what to do with it. Raises NoServer."""
    if url := env.get("RYKKER_TEST_POSTGRES_URL"):
        return Given(url)
    if sources.engine():
        return containers.postgres_container()
    if sources.postgres():
        return private_postgres(folder)
    raise NoServer("No PostgreSQL: set RYKKER_TEST_POSTGRES_URL, start Docker, or install postgresql.")


def private_broker(folder: Path | None = None) -> Private:
    """An installed RabbitMQ on a free port, whatever else there is: for tests that kill it."""
    return Private(RabbitNode.prepare(folder or _temporary(), free_port()), keep=folder is not None)


def private_postgres(folder: Path | None = None, *, durable: bool = False) -> Private:
    """An installed PostgreSQL on a free port, likewise; `durable` as in production, for measuring."""
    cluster = PostgresCluster.prepare(folder or _temporary(), free_port(), durable=durable)
    return Private(cluster, keep=folder is not None)


def _temporary() -> Path:
    """Straight under /tmp: pytest's own folders are closed to the user that PostgreSQL runs as under root."""
    folder = Path(tempfile.mkdtemp(prefix=f"rykker-{os.getpid()}-"))
    folder.chmod(0o700)
    return folder
