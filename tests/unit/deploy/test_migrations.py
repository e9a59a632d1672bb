"""The migrations, on SQLite: numbered, marked, and leading to the tables of common/tables.py."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from common import db
from common.tables import TABLES
from deploy import migrate
from tests.unit.deploy.schemas import described

pytestmark = pytest.mark.fast


@pytest.fixture(autouse=True)
def database(tmp_path: Path) -> Iterator[None]:
    db.use(f"sqlite:///{tmp_path}/one.sqlite")
    yield
    db.handle.obj.close_all()


def migration(folder: Path, name: str, *lines: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text("\n".join(lines))


UP = "def up(migrator, database): database.execute_sql('CREATE TABLE {} (x)')"


def test_migrations_lead_to_the_tables_of_the_code(tmp_path: Path) -> None:
    migrate.run()
    migrated = described()
    db.handle.obj.close_all()
    db.use(f"sqlite:///{tmp_path}/other.sqlite")
    with db.connection():
        db.handle.create_tables(TABLES)

    wanted = described()

    assert not wanted - migrated, "common/tables.py has more than the migrations make"
    assert not migrated - wanted, "the migrations make more than common/tables.py has"


def test_migrations_run_once() -> None:
    first = migrate.run()

    again = migrate.run()

    assert first[0] == "0001_first_tables"
    assert again == []
    assert migrate.missing() == []


def test_migrations_are_numbered_without_gaps_and_marked() -> None:
    migrate.check()


def test_migrations_with_a_gap_in_their_numbers_change_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    migration(folder, "0001_one", 'WHEN = "pre"', UP.format("one"))
    migration(folder, "0003_three", 'WHEN = "pre"', UP.format("three"))

    with pytest.raises(migrate.BadMigration, match="0003_three: the next number is 0002"):
        migrate.run(folder=folder)

    assert described() == set()


def test_migrations_without_a_mark_are_refused(tmp_path: Path) -> None:
    migration(tmp_path / "migrations", "0001_one", UP.format("one"))

    with pytest.raises(migrate.BadMigration, match="WHEN"):
        migrate.run(folder=tmp_path / "migrations")


def test_migrations_of_one_mark_run_without_the_others(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    migration(folder, "0001_one", 'WHEN = "pre"', UP.format("one"))
    migration(folder, "0002_two", 'WHEN = "post"', UP.format("two"))

    assert migrate.run("pre", folder) == ["0001_one"]
    assert migrate.missing(None, folder) == ["0002_two"]
    assert migrate.run(None, folder) == ["0002_two"]


def test_migrations_that_fail_leave_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "migrations"
    migration(folder, "0001_one", 'WHEN = "pre"', UP.format("one") + "; 1 / 0")

    with pytest.raises(ZeroDivisionError):
        migrate.run(folder=folder)

    assert described() == set()
    assert migrate.missing(None, folder) == ["0001_one"]
