import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from deploy.sandbox import erp

with warnings.catch_warnings():  # Starlette's test client prefers httpx2, which is not among our dependencies
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

NOW = 1_790_000_000  # unix seconds


def client(app: Starlette) -> TestClient:
    return TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "erp.sqlite"


@pytest.fixture
def door(path: Path) -> Iterator[TestClient]:
    """The stand-in ERP with one company, `key`."""
    with client(erp.create_app(path, now=lambda: NOW)) as door:
        door.post("/_sandbox/companies", json={"key": "key", "name": "Murer ApS", "cvr": "12345678"})
        yield door
