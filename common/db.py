"""The database: SQLite (one host, for a try) or PostgreSQL (production). Transactions, row locks, field types."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import msgspec
import peewee
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

from common import crash
from common.calendar import local_date
from common.money import ZERO

_writers = threading.Lock()
handle = peewee.DatabaseProxy()
LOCK_WAIT = 30  # seconds that a writer waits for another one on SQLite
SYNCHRONOUS = 2  # FULL: what is committed survives a power cut on SQLite, too
STREAMED = 500  # rows that are in memory at once, of those that are streamed
CONNECTIONS = 24  # per process: worker threads, and a few to spare


class DatabaseLost(Exception):
    """The database can't be reached."""


def use(url: str) -> peewee.Database:
    """Points this process at the database of `url`; connects at the first transaction."""
    parts = urlsplit(url)
    if handle.obj is not None:
        handle.close_all()
    if parts.scheme == "sqlite":
        handle.initialize(_sqlite(unquote(url.removeprefix("sqlite:///")) or ":memory:"))
    else:
        handle.initialize(
            PooledPostgresqlDatabase(
                unquote(parts.path[1:]),
                host=parts.hostname,
                port=parts.port or 5432,
                user=unquote(parts.username) if parts.username else None,
                password=unquote(parts.password) if parts.password else None,
                prefer_psycopg3=True,
                connect_timeout=10,
                max_connections=CONNECTIONS,
                timeout=30,
                autoconnect=False,
            )
        )
    return handle.obj  # type: ignore[no-any-return]


def _sqlite(path: str) -> peewee.Database:
    database = PooledSqliteDatabase(
        path,
        max_connections=CONNECTIONS,
        timeout=LOCK_WAIT,
        lock_type="IMMEDIATE",  # a deferred lock fails at once when two writers upgrade it
        autoconnect=False,
        check_same_thread=False,  # the pool hands it to one thread at a time
        pragmas={
            "journal_mode": "wal",
            "synchronous": SYNCHRONOUS,
            "foreign_keys": 1,
            "busy_timeout": LOCK_WAIT * 1000,
        },
    )
    database.register_function(_local_date, "local_date", 1)
    return database  # type: ignore[no-any-return]


def _local_date(instant: str | None) -> str | None:
    """Copenhagen's date of an instant, in SQL; PostgreSQL knows it by itself."""
    return local_date(datetime.fromisoformat(instant)).isoformat() if instant else None


def is_sqlite() -> bool:
    return isinstance(handle.obj, peewee.SqliteDatabase)


@contextmanager
def connection() -> Iterator[None]:
    """A connection for reading; joins the one that this thread already has."""
    if not handle.is_closed():
        yield
        return
    with handle.connection_context():
        yield


@contextmanager
def transaction() -> Iterator[None]:
    """All or nothing. Opens a connection if this thread has none; a transaction inside another one is part of it."""
    with connection():
        if handle.in_transaction():
            yield
            return
        with _turn(), handle.atomic():
            _here.notes, _here.last = {}, {}
            try:
                yield
                catch_up()
                crash.here("commit.before")
            finally:
                _here.notes = _here.last = None
        crash.here("commit.after")


class _Here(threading.local):
    """What this thread's transaction remembers, and what it does last."""

    notes: dict[Any, Any] | None = None
    last: dict[Callable[[], None], None] | None = None


_here = _Here()


def notes() -> dict[Any, Any]:
    """What the code in this transaction wants to remember until it ends. Raises RuntimeError outside of one."""
    if _here.notes is None:
        raise RuntimeError("this needs a transaction")
    return _here.notes


def last(work: Callable[[], None]) -> None:
    """Does `work` just before this transaction commits, once, however often it is asked for: many rows at a time."""
    if _here.last is None:
        raise RuntimeError("this needs a transaction")
    _here.last[work] = None


def catch_up() -> None:
    """Does now what was left for the end of this transaction; for those who want to read it before that."""
    while _here.last:
        work = next(iter(_here.last))
        del _here.last[work]
        work()


def _turn() -> AbstractContextManager[Any]:
    """SQLite has one writer at a time; threads that queue here wake at once, where its own waiting sleeps."""
    return _writers if is_sqlite() else nullcontext()


def locked(query: Any, *, skip: bool = False) -> Any:
    """Row locks where the database has them; on SQLite a transaction already shuts out every other writer."""
    return query if is_sqlite() else query.for_update(skip_locked=skip)


def alone(name: str) -> None:
    """Whoever else asks for this name waits until this transaction ends; on SQLite every writer does anyway."""
    if not is_sqlite():
        handle.execute_sql("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (name,))


def hurry() -> None:
    """This transaction need not have reached the disk when it ends: a crash of the database may forget it.

    For what is worth less than the wait: who looked at which page. SQLite's own setting stays as it is.
    """
    if not is_sqlite():
        handle.execute_sql("SET LOCAL synchronous_commit TO OFF")


def streamed(query: Any) -> Iterator[tuple[Any, ...]]:
    """The rows of a query as the database has them, however many: a few hundred at a time. Needs a connection."""
    sql, values = query.sql()
    if is_sqlite():
        yield from handle.execute_sql(sql, values)
        return
    with handle.connection().cursor(name=f"streamed_{uuid4().hex}", withhold=True) as cursor:
        cursor.itersize = STREAMED
        cursor.execute(sql, values)
        yield from cursor


def is_lost(error: BaseException) -> bool:
    """Whether `error` means that the database is away, not that this unit of work was wrong or lost a race."""
    if not isinstance(error, peewee.OperationalError | peewee.InterfaceError):
        return False
    if is_sqlite():
        return "unable to open" in str(error) or "disk I/O" in str(error)
    state = getattr(error.__cause__ or getattr(error, "orig", None), "sqlstate", None)
    return state is None or state.startswith(("08", "57P"))


class InstantField(peewee.Field):
    """An instant in UTC: timestamptz on PostgreSQL, ISO text of one width (so that it sorts) on SQLite."""

    field_type = "TIMESTAMPTZ"

    def db_value(self, value: datetime | None) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{self.name}: an instant needs its zone; {value!r} has none")
        return value.astimezone(UTC).isoformat(timespec="microseconds") if is_sqlite() else value

    def python_value(self, value: Any) -> datetime | None:
        if value is None:
            return None
        instant = value if isinstance(value, datetime) else datetime.fromisoformat(value)
        return instant.astimezone(UTC)


class MoneyField(peewee.BigIntegerField):
    """Kroner as whole øre: exact on both databases, and sums stay exact."""

    def db_value(self, value: Decimal | int | None) -> int | None:
        if value is None or isinstance(value, int):
            return value
        oere = value * 100
        if oere != int(oere):
            raise ValueError(f"{self.name}: {value} is not a whole number of øre")
        return int(oere)

    def python_value(self, value: int | None) -> Decimal | None:
        return None if value is None else ZERO + Decimal(int(value)).scaleb(-2)


class JsonField(peewee.TextField):
    """Plain JSON text."""

    def db_value(self, value: Any) -> str | None:
        return None if value is None else msgspec.json.encode(value).decode()

    def python_value(self, value: str | None) -> Any:
        return None if value is None else msgspec.json.decode(value)
