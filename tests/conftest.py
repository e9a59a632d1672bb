"""What tests share: real databases and a real broker, started when the first test needs them."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import clock, db, outbox
from common.tables import TABLES


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


def close() -> None:
    db.handle.close_all()
    clock.follow(None)


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    """An empty SQLite database, ready to use; gives its URL."""
    url = f"sqlite:///{tmp_path / 'rykker.sqlite'}"
    use_fresh(url)
    yield url
    close()


@pytest.fixture(scope="session")
def amqp_url() -> Iterator[str]:
    yield os.environ["RYKKER_TEST_AMQP_URL"]


@pytest.fixture(params=["sqlite"])
def database(request: pytest.FixtureRequest, sqlite: str) -> str:
    return sqlite
