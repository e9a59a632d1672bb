"""Runs the migrations that are missing, one runner at a time however many start together."""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

from playhouse.migrations import Migration, Runner

from common import db

FOLDER = Path(__file__).parent / "migrations"
FIRST = "0001_first_tables"
LOCK = 7_295_511_001  # pg_advisory_lock: a number of our own, the same in every version
When = Literal["pre", "post"]


class BadMigration(Exception):
    """A migration is numbered or marked wrongly."""


def run(when: When | None = None, folder: Path = FOLDER) -> list[str]:
    """Runs what is missing, or only what is marked `when`; returns the names. Needs `db.use` first.

    Raises BadMigration before anything is changed.
    """
    check(folder)
    with db.connection(), _alone():
        return _Marked(db.handle.obj, folder, when).up()  # type: ignore[no-any-return]


def missing(when: When | None = None, folder: Path = FOLDER) -> list[str]:
    """The names of the migrations, or of those marked `when`, that have not run."""
    with db.connection():
        steps = [step for step in Runner(db.handle.obj, str(folder)).status() if not step.applied]
    return [step.name for step in steps if when in (None, step.load().WHEN)]


def unknown(folder: Path = FOLDER) -> list[str]:
    """The names of migrations that have run, but are not in this version."""
    with db.connection():
        applied = Runner(db.handle.obj, str(folder)).applied()
    known = {step.name for step in Migration.load_directory(str(folder))}
    return sorted(set(applied) - known)


def check(folder: Path = FOLDER) -> None:
    """Raises BadMigration unless the files are numbered 0001, 0002, … and each is marked pre or post."""
    for number, step in enumerate(Migration.load_directory(str(folder)), start=1):
        if not re.fullmatch(rf"{number:04}_[a-z0-9_]+", step.name):
            raise BadMigration(f"{step.name}: the next number is {number:04}")
        if getattr(step.load(), "WHEN", None) not in get_args(When):
            raise BadMigration(f'{step.name}: WHEN must be "pre" or "post"')


class _Marked(Runner):  # type: ignore[misc]  # an untyped library's class
    """playhouse's runner, for the files that carry one mark."""

    def __init__(self, database: Any, folder: Path, when: When | None) -> None:
        super().__init__(database, str(folder))
        self._when = when

    def migrations(self) -> list[Any]:
        return [step for step in super().migrations() if self._when in (None, step.load().WHEN)]


@contextmanager
def _alone() -> Iterator[None]:
    """playhouse takes no lock: of four runners at once, some would fail on tables that another has just made."""
    with _file_lock() if db.is_sqlite() else _advisory_lock():
        yield


@contextmanager
def _file_lock() -> Iterator[None]:
    path = db.handle.obj.database
    with Path(f"{path}.migrating").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def _advisory_lock() -> Iterator[None]:
    """Belongs to this thread's connection: a runner that dies lets go of it."""
    db.handle.execute_sql("SELECT pg_advisory_lock(%s)", (LOCK,))
    try:
        yield
    finally:
        db.handle.execute_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
