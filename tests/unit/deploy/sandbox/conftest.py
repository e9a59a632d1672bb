import socket
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from starlette.applications import Starlette

from deploy.sandbox import erp, inbox

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


@pytest.fixture
def smtp() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


@pytest.fixture
def web(tmp_path: Path, smtp: socket.socket) -> Iterator[TestClient]:
    """The inbox, which keeps three mails."""
    app = inbox.create_app(tmp_path / "inbox.sqlite", smtp, now=lambda: datetime(2026, 11, 23, 8, tzinfo=UTC), keep=3)
    with client(app) as web:
        yield web
