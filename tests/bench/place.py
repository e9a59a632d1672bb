"""Where it is measured: a private RabbitMQ and a private PostgreSQL whose commits reach the disk, on loopback."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Self

from common import clock, db, outbox, publisher, topology
from common.secrets import Vault
from common.settings import Settings
from common.tables import Company
from deploy import migrate, servers
from tests.bench.crew import Crew

SECRET = "measuring-needs-a-secret-too-that-is-long-enough"
BATCH = 500  # rows a statement


@dataclass
class Place:
    """The servers, and how to begin anew on them."""

    folder: Path
    broker: servers.Private
    postgres: servers.Private
    options: "Options"
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self) -> "Room":
        """An empty database, which this process uses from now on, and empty queues."""
        number = next(self._numbers)
        url = servers.create_database(self.postgres.url, f"bench_{number}")
        room = Room(self, self.folder / f"{number}", url)
        db.use(url)
        migrate.run()
        outbox.sign_as(room.settings.installation)
        with publisher.connected(room.settings.broker) as channel:
            for queue in topology.queues():
                queue(channel).delete()
            topology.apply(channel)
        return room


@dataclass(frozen=True)
class Options:
    """What the caller chose; None is each row's own choice."""

    only: frozenset[str] = frozenset()
    n: int | None = None
    processes: str = ""
    threads: str = "8"
    repeat: int = 3
    big: bool = False


@dataclass
class Room:
    """One measurement's database, queues, ports and settings."""

    place: Place
    folder: Path
    database_url: str

    def __post_init__(self) -> None:
        self.folder.mkdir()
        self.erp, self.smtp, self.portal = (f"127.0.0.1:{servers.free_port()}" for _ in range(3))
        self.env = {name: value for name, value in os.environ.items() if not name.startswith("RYKKER_")} | {
            "RYKKER_SECRET": SECRET,
            "RYKKER_DATABASE_URL": self.database_url,
            "RYKKER_AMQP_URL": self.place.broker.url,
            "RYKKER_ERP_URL": f"http://{self.erp}",
            "RYKKER_SMTP_URL": f"smtp://{self.smtp}",
            "RYKKER_PORTAL_URL": f"http://{self.portal}",
            "RYKKER_PORTAL_BIND": self.portal,
            "RYKKER_THREADS": self.place.options.threads,
        }
        self.settings = Settings.from_env(self.env)

    @contextmanager
    def crew(self) -> Iterator[Crew]:
        with Crew(self.folder, self.env) as crew:
            yield crew

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        db.handle.close_all()
        servers.drop_database(self.place.postgres.url, self.database_url.rpartition("/")[2])
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def place(options: Options) -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix=f"rykker-bench-{os.getpid()}-"))
    try:
        with servers.private_broker() as broker, servers.private_postgres(durable=True) as postgres:
            yield Place(folder, broker, postgres, options)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def add_companies(settings: Settings, number: int, invoices: int, fetch_at: str = "23:59") -> list[str]:
    """Companies whose ERP (tests/bench/erp.py) has so many invoices; returns their CVR numbers."""
    locked = Vault(settings.secret).lock(f"bench-{invoices}")
    rows = [
        {
            "cvr": f"{10_000_000 + n}",
            "name": f"Firma {n} ApS",
            "email": f"mester-{n}@vvs.example",
            "api_key": locked,
            "api_key_no": 1,
            "payment_details": "Reg. 1234 konto 0012345678",
            "fetch_at": fetch_at,
            "wait_days": 0,
            "created_at": clock.business_now(),
        }
        for n in range(number)
    ]
    with db.transaction():
        for start in range(0, number, BATCH):
            Company.insert_many(rows[start : start + BATCH]).execute()
    return [str(row["cvr"]) for row in rows]
