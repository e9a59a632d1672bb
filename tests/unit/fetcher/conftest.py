import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from common import db, outbox
from tests.conftest import close, use_fresh
from tests.unit.fetcher.town import Town


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its tables are made once; every test works on a copy."""
    path = tmp_path_factory.mktemp("fetcher") / "empty.sqlite"
    use_fresh(f"sqlite:///{path}")
    close()
    return path


@pytest.fixture
def sqlite(empty_database: Path, tmp_path: Path) -> Iterator[str]:
    shutil.copy(empty_database, tmp_path / "rykker.sqlite")
    url = f"sqlite:///{tmp_path / 'rykker.sqlite'}"
    db.use(url)
    outbox.sign_as("tests")
    yield url
    close()


@pytest.fixture
def town(sqlite: str) -> Town:
    return Town()
