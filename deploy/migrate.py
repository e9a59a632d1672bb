"""Runs the migrations that are missing, one runner at a time however many start together."""

import fcntl
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, get_args

import peewee
import psycopg
from playhouse.migrations import Migration, Runner

from common import db

FOLDER = Path(__file__).parent / "migrations"
FIRST = "0001_first_tables"
LOCK = 7_295_511_001  # pg_advisory_lock: a number of our own, the same in every version
LOCK_TIMEOUT = 2_000  # milliseconds that others may have to wait behind us
TRIES, PAUSE = 30, 0.5  # seconds between them
When = Literal["pre", "post"]


class BadMigration(Exception):
    """A migration is numbered or marked wrongly."""


def run(when: When | None = None, folder: Path = FOLDER) -> list[str]:
    """Runs what is missing, or only what is marked `when`; returns the names. Needs `db.use` first.

    Raises BadMigration before anything is changed.
    """
    check(folder)
    with db.connection(), _alone(), _impatient():
        return _patiently(_Marked(db.handle.obj, folder, when))


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


class TablesBusy(Exception):
    """A long transaction keeps a table from being changed; end it, and run `rykker migrate` again."""


class _Marked(Runner):  # type: ignore[misc]  # an untyped library's class
    """playhouse's runner, for the files that carry one mark."""

    def __init__(self, database: Any, folder: Path, when: When | None) -> None:
        super().__init__(database, str(folder))
        self._when = when
        self.ran: list[str] = []

    def up(self) -> list[str]:
        self.ran = []
        super().up()
        return self.ran

    def _run(self, name: str, *what: Any, **how: Any) -> None:
        super()._run(name, *what, **how)
        self.ran.append(name)

    def migrations(self) -> list[Any]:
        return [step for step in super().migrations() if self._when in (None, step.load().WHEN)]


def _patiently(runner: "_Marked") -> list[str]:
    """Tries again while a long transaction is in the way: what has run is noted, and is not run again."""
    ran: list[str] = []
    for tried in range(1, TRIES + 1):
        try:
            return ran + runner.up()
        except peewee.OperationalError as error:
            if not isinstance(error.__cause__ or getattr(error, "orig", None), psycopg.errors.LockNotAvailable):
                raise
            if tried == TRIES:
                raise TablesBusy(f"{TablesBusy.__doc__} {str(error).strip()}") from error
            ran += runner.ran
            time.sleep(PAUSE)
    return ran


@contextmanager
def _impatient() -> Iterator[None]:
    """A change of a table that waits for its lock makes everybody wait behind it: it gives up soon instead."""
    if db.is_sqlite():
        yield
        return
    db.handle.execute_sql(f"SET lock_timeout = {LOCK_TIMEOUT}")
    try:
        yield
    finally:
        db.handle.execute_sql("RESET lock_timeout")


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
    """Belongs to this thread's connection: a runner that dies lets go of it.

    Asked for again and again: whoever waited inside one statement would be waited for by CREATE INDEX CONCURRENTLY.
    """
    while not db.handle.execute_sql("SELECT pg_try_advisory_lock(%s)", (LOCK,)).fetchone()[0]:
        time.sleep(PAUSE)
    try:
        yield
    finally:
        db.handle.execute_sql("SELECT pg_advisory_unlock(%s)", (LOCK,))
