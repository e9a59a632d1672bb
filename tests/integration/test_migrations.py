"""The migrations with several runners at once, and on PostgreSQL."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from common import db
from common.tables import TABLES
from deploy import migrate, servers
from tests.unit.deploy.schemas import described

RUNNERS = 4
RUNNER = "import sys; from common import db; from deploy import migrate; db.use(sys.argv[1]); print(migrate.run())"


@pytest.fixture
def empty_postgres(postgres_server: servers.Server) -> Iterator[str]:
    """The address of a database without tables."""
    name = f"rykker_{uuid4().hex}"
    yield servers.create_database(postgres_server.url, name)
    if db.handle.obj is not None:
        db.handle.close_all()
    servers.drop_database(postgres_server.url, name)


def at_once(url: str) -> list[str]:
    command = [sys.executable, "-W", "error", "-c", RUNNER, url]
    runners = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(RUNNERS)]
    said = [runner.communicate(timeout=60)[0].strip() for runner in runners]
    assert [runner.returncode for runner in runners] == [0] * RUNNERS
    return said


def test_four_runners_at_once_all_succeed_on_sqlite(tmp_path: Path) -> None:
    said = at_once(f"sqlite:///{tmp_path}/rykker.sqlite")

    assert said.count("[]") == RUNNERS - 1


def test_four_runners_at_once_all_succeed_on_postgresql(empty_postgres: str) -> None:
    said = at_once(empty_postgres)

    assert said.count("[]") == RUNNERS - 1


def test_migrations_lead_to_the_tables_of_the_code_on_postgresql(empty_postgres: str) -> None:
    db.use(empty_postgres)
    migrate.run()
    migrated = described()
    with db.connection():
        db.handle.execute_sql("DROP SCHEMA public CASCADE")
        db.handle.execute_sql("CREATE SCHEMA public")
        db.handle.create_tables(TABLES)

    wanted = described()

    assert not wanted - migrated, "common/tables.py has more than the migrations make"
    assert not migrated - wanted, "the migrations make more than common/tables.py has"


def test_letters_are_compressed_the_fast_way_on_postgresql(empty_postgres: str) -> None:
    db.use(empty_postgres)
    migrate.run()

    with db.connection():
        method = "SELECT attcompression FROM pg_attribute WHERE attrelid = 'letter'::regclass AND attname = 'content'"
        assert db.handle.execute_sql(method).fetchall() == [("l",)]
