"""What tests share: real databases and a real broker, started when the first test needs them."""

import gc
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from common import clock, db, outbox
from common.tables import TABLES
from deploy import servers

db.SYNCHRONOUS = 0  # a test's database need not survive a power cut
gc.set_threshold(50_000)  # thousands of small tests otherwise spend a tenth of their time on it


def skip_or_fail(reason: str) -> None:
    """A test may skip on a laptop; in CI it fails."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def use_fresh(url: str) -> None:
    """This process works on `url`, with every table empty."""
    db.use(url)
    with db.connection():
        db.handle.drop_tables(TABLES, safe=True)
        db.handle.create_tables(TABLES)
    outbox.sign_as("tests")


@pytest.fixture(autouse=True)
def _a_clock_ends_with_its_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process followed before the test (a town's clock, or none) it follows again after it."""
    monkeypatch.setattr(clock, "_followed", clock._followed)


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with every table, made once: copying it is many times faster."""
    path = tmp_path_factory.mktemp("empty") / "rykker.sqlite"
    use_fresh(f"sqlite:///{path}")
    with db.connection():
        db.handle.execute_sql("PRAGMA journal_mode = delete")
    db.handle.close_all()
    return path


@pytest.fixture
def sqlite(tmp_path: Path, empty_sqlite: Path) -> Iterator[str]:
    """An empty SQLite database, ready to use; gives its URL."""
    url = f"sqlite:///{shutil.copy(empty_sqlite, tmp_path)}"
    db.use(url)
    outbox.sign_as("tests")
    yield url
    db.handle.close_all()


@pytest.fixture(scope="session")
def broker() -> Iterator[servers.Server]:
    """A RabbitMQ; what a test leaves in it, the next one finds."""
    yield from _running(servers.choose_broker)


@pytest.fixture(scope="session")
def amqp_url(broker: servers.Server) -> str:
    return broker.url


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[servers.Server]:
    yield from _running(servers.choose_postgres)


def _running(choose: Callable[[Mapping[str, str]], servers.Server]) -> Iterator[servers.Server]:
    try:
        chosen = choose(os.environ)
    except servers.NoServer as error:
        skip_or_fail(str(error))
    else:
        with chosen as server:
            yield server


@pytest.fixture
def postgres(postgres_server: servers.Server) -> Iterator[str]:
    """An empty PostgreSQL database, ready to use; gives its URL."""
    name = f"rykker_{uuid4().hex}"
    url = servers.create_database(postgres_server.url, name)
    use_fresh(url)
    yield url
    db.handle.close_all()
    servers.drop_database(postgres_server.url, name)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> str:
    """Each of both databases, empty and ready to use; gives its URL."""
    return str(request.getfixturevalue(request.param))


@pytest.fixture
def browser_page() -> Iterator[Any]:
    """Chromium at the width of a phone, without JavaScript."""
    from tests.browser import browsing

    with browsing() as page:
        yield page
