"""The database: its version, how safely it writes, its tables, its clock, and the keys and rates in it."""

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from shutil import disk_usage
from typing import Any

from peewee import PeeweeException

from common import clock, db
from common.secrets import Vault
from common.settings import Settings
from common.tables import Company
from deploy import migrate, rotation
from deploy.doctor import rates
from deploy.doctor.finding import Finding, bad, good, soon, unchecked
from deploy.reports.refused import not_asked
from dunning import ratelist

MOST_SKEW = timedelta(seconds=5)  # leases are minutes
LEAST_DISK = 1_000_000_000  # bytes
OLDEST_POSTGRES = 140000
SAFE = {"fsync": "on", "full_page_writes": "on", "synchronous_commit": "on"}


def findings(settings: Settings) -> Iterator[Finding]:
    if db.is_sqlite() and not Path(db.handle.obj.database).exists():
        yield bad("database", f"there is no {db.handle.obj.database}", "`rykker migrate` makes it")
        return
    try:
        with db.connection():
            yield from _sqlite() if db.is_sqlite() else _postgres()
            yield from _tables(settings)
    except PeeweeException as error:
        found = " ".join(str(error).split())
        yield bad("database", f"can't be used: {found}", "is it running, and is RYKKER_DATABASE_URL right?")


def _sqlite() -> Iterator[Finding]:
    path = Path(db.handle.obj.database)
    yield good("database", f"SQLite {sqlite3.sqlite_version} in {path}: for one machine; PostgreSQL for production")
    mode, safe = _value("PRAGMA journal_mode"), int(_value("PRAGMA synchronous"))
    found = f"journal mode {mode}, synchronous {safe}"
    right = mode == "wal" and safe >= 2
    yield (good("safe writes", found) if right else bad("safe writes", found, "it needs a local disk"))
    free = disk_usage(path.parent).free
    found = f"{free / 1e9:.1f} GB free beside the database"
    yield good("disk", found) if free > LEAST_DISK else bad("disk", found, "make room: at least 1 GB")


def _postgres() -> Iterator[Finding]:
    version = f"PostgreSQL {_value('SHOW server_version')}"
    new = int(_value("SHOW server_version_num")) >= OLDEST_POSTGRES
    yield good("database", version) if new else bad("database", version, "PostgreSQL 14 or later is needed")
    unsafe = [f"{name} is {value}" for name in SAFE if (value := _value(f"SHOW {name}")) not in (SAFE[name], "local")]
    todo = "turn them on: a power cut would lose what was committed"
    yield bad("safe writes", ", ".join(unsafe), todo) if unsafe else good("safe writes", f"{', '.join(SAFE)} are on")
    skew = abs(_value("SELECT clock_timestamp()") - clock.real_now())
    found = f"{skew.total_seconds():.1f} s between the database and this machine"
    yield good("clocks", found) if skew < MOST_SKEW else bad("clocks", found, "let both follow a time server")
    yield unchecked("disk", "a database server does not tell its free space: watch it there")


def _tables(settings: Settings) -> Iterator[Finding]:
    missing, unknown = migrate.missing(), migrate.unknown()
    if unknown:
        yield bad("migrations", f"unknown: {', '.join(unknown)}", "this program is older than the database: update it")
    elif missing:
        yield bad("migrations", f"missing: {', '.join(missing)}", "`rykker migrate`")
    else:
        yield good("migrations", "all have run, and none is unknown")
    if not missing:
        yield _keys(settings)
        yield _questions()
        is_charged = Company.select().where(Company.interest).exists()
        yield rates.finding(ratelist.read(), clock.today(), is_charged=is_charged)


def _questions() -> Finding:
    """Whether there is an invoice that its company was not asked about, since its mail is refused."""
    companies = not_asked()
    if companies:
        found = f"mail is refused by {', '.join(one.company for one in companies)}: nobody was asked about "
        found += f"{sum(len(one.invoices) for one in companies)} invoices"
        return bad("questions", found, "`rykker letters refused`; `rykker company set` takes another address")
    return good("questions", "every company was asked, or is being asked")


def _keys(settings: Settings) -> Finding:
    found = rotation.places(Vault(settings.secret, settings.former), 1 + len(settings.former))
    old, every = sum(found.counts[1:]), sum(found.counts)
    if found.unreadable:
        todo = "add the secret that they were encrypted with to RYKKER_OLD_SECRETS, or give the keys anew"
        return bad("secret", f"can't read the API keys of {', '.join(found.unreadable)}; it reads {every}", todo)
    if old:
        return soon("secret", f"reads all {every} API keys, {old} of them with an old one", "`rykker keys rotate`")
    return good("secret", f"reads all {every} API keys")


def _value(sql: str) -> Any:
    return db.handle.execute_sql(sql).fetchone()[0]
