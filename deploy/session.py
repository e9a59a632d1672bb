"""One command: its settings (a running `make run` lends them), its database, and what ends it with one line."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from common import boot, clock, db
from common.one_queue import QueueMissing
from common.publisher import BrokerUnreachable
from common.settings import BadSetting, Settings
from decisions import companies
from deploy import migrate
from deploy.reports.invoice import UnknownInvoice
from scheduler.failed import NoSuchFailure

RUNNING = Path(".run/env")  # written by the launcher of `make run`: KEY=value lines
FAILED, REFUSED = 1, 2  # exit codes: it can't be done now; it was asked wrongly


class Refused(Exception):
    """What was asked for can't be; the message names it."""


class Failed(Exception):
    """It was begun and did not end; the message says how far it came."""


class NoTables(Exception):
    """the database has no tables yet: run `rykker migrate`"""


class OldTables(Exception):
    """the database is older than this program: run `rykker migrate`"""


_REFUSALS = (
    Refused,
    companies.BadValue,
    companies.NoSuchCompany,
    companies.CompanyExists,
    UnknownInvoice,
    NoSuchFailure,
    QueueMissing,
)
_FAILURES = (
    BadSetting,
    BrokerUnreachable,
    Failed,
    NoTables,
    OldTables,
    clock.ClockUnreadable,
    migrate.BadMigration,
    migrate.TablesBusy,
    OSError,
)


@contextmanager
def settings(*, quiet: bool = False, failed: int = FAILED) -> Iterator[Settings]:
    """Settings, with clock and database chosen by them. Every expected failure becomes one line and an exit code."""
    try:
        yield boot.start("rykker", environment(os.environ, quiet=quiet))
    except _REFUSALS as error:
        _leave(error, REFUSED)
    except _FAILURES as error:
        _leave(error, failed)
    except Exception as error:
        if not db.is_lost(error):
            raise
        _leave(f"the database can't be reached: {str(error).strip()}", failed)
    finally:
        if db.handle.obj is not None:
            db.handle.close_all()


@contextmanager
def database(*, quiet: bool = False, failed: int = FAILED) -> Iterator[Settings]:
    """The same, connected to a database that has its tables."""
    with settings(quiet=quiet, failed=failed) as ready:
        _refuse_missing_tables()
        with db.connection():
            yield ready


def environment(env: Mapping[str, str], *, quiet: bool) -> Mapping[str, str]:
    """`env`, above the settings of the system that runs in .run if no database is named."""
    if env.get("RYKKER_DATABASE_URL") or not RUNNING.is_file():
        return env
    if not quiet:
        say("using the running system in .run")
    lines = (line.partition("=") for line in RUNNING.read_text("utf-8").splitlines())
    return {name.strip(): value.strip() for name, equals, value in lines if equals} | dict(env)


def say(line: object) -> None:
    """One line for the person at the terminal, beside what the command prints."""
    sys.stderr.write(f"{line}\n")


def _refuse_missing_tables() -> None:
    if db.is_sqlite() and not Path(db.handle.obj.database).exists():
        raise NoTables(NoTables.__doc__)  # connecting would leave an empty file behind
    missing = migrate.missing("pre")
    if missing:
        raise (NoTables(NoTables.__doc__) if missing[0] == migrate.FIRST else OldTables(OldTables.__doc__))


def _leave(why: object, code: int) -> None:
    say(f"rykker: {' '.join(str(why).split())}")
    sys.exit(code)
