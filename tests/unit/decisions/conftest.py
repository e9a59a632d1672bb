from collections.abc import Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from common import db, outbox
from tests.conftest import close, use_fresh
from tests.unit.decisions.cases import Visitor, company, stop_clock


@pytest.fixture(scope="session")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database with every table: copied for each test, which takes less time than making one."""
    path = tmp_path_factory.mktemp("decisions") / "empty.sqlite"
    use_fresh(f"sqlite:///{path}")
    close()
    return path


@pytest.fixture
def sqlite(empty: Path, tmp_path: Path) -> Iterator[str]:
    url = f"sqlite:///{copy(empty, tmp_path / 'rykker.sqlite')}"
    database: Any = db.use(url)
    with db.connection():
        database.pragma("synchronous", 0, permanent=True)  # a test's database need not outlive the machine
    outbox.sign_as("tests")
    yield url
    close()


@pytest.fixture
def visitor(sqlite: str, tmp_path: Path) -> Visitor:
    """A Monday, one company, and somebody with a browser."""
    stop_clock(tmp_path)
    company()
    return Visitor()
