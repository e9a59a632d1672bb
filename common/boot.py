"""How each process begins: settings, logs, clock, database. What is of no use ends it with one line and exit code 1."""

import sys
from collections.abc import Callable, Mapping

from common import clock, crash, db, logs, outbox
from common.publisher import BrokerUnreachable
from common.settings import BadSetting, Settings


def start(process: str, env: Mapping[str, str] | None = None) -> Settings:
    """Readies this process; raises BadSetting or ClockUnreadable."""
    settings = Settings.from_env() if env is None else Settings.from_env(env)
    logs.configure(process, settings.log)
    clock.follow(settings.clock_path)
    db.use(settings.database_url)
    outbox.sign_as(settings.installation)
    crash.at(settings.crash_at)
    return settings


def run(process: str, serve: Callable[[Settings], None]) -> None:
    """The whole of a process."""
    try:
        serve(start(process))
    except (BadSetting, BrokerUnreachable, clock.ClockUnreadable, OSError) as error:
        sys.exit(f"{process}: {error}")
    except Exception as error:
        if not db.is_lost(error):
            raise
        sys.exit(f"{process}: the database can't be reached: {str(error).strip()}")
