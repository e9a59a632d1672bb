"""A private PostgreSQL cluster for tests: its own folder and port, on loopback, never as root."""

import os
import pwd
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT

import psycopg

from deploy import tied
from deploy.children import Child
from deploy.servers.ports import LOOPBACK

DEBIAN = Path("/usr/lib/postgresql")
OWNER = "postgres"
# Fast, and no less safe against kill -9 of the server: only a crash of the whole machine would need the disk.
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",  # its path would have to be shorter than folders of tests are
    "fsync": "off",
    "full_page_writes": "off",
    "max_connections": "300",
    "timezone": "UTC",
}
# For measuring: what is committed is on the disk, and memory and checkpoints are as in production.
DURABLE = {
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "shared_buffers": "512MB",
    "max_wal_size": "4GB",
}


class NoCluster(Exception):
    """PostgreSQL could not make a cluster."""


def postgres_programs() -> Path | None:
    """The folder with `initdb` and `postgres`, of the newest version that is installed."""
    newest = sorted(DEBIAN.glob("*/bin"), key=lambda folder: float(folder.parent.name), reverse=True)
    if found := shutil.which("initdb"):
        newest.append(Path(found).resolve().parent)
    return next((folder for folder in newest if os.access(folder / "initdb", os.X_OK)), None)


@dataclass(frozen=True)
class PostgresCluster:
    """Its folder must be reachable for the user it runs as: under root that is `postgres` or `nobody`."""

    folder: Path
    port: int
    durable: bool = False

    @classmethod
    def prepare(cls, folder: Path, port: int, *, durable: bool = False) -> "PostgresCluster":
        """Makes the cluster, or goes on with the one in the folder. Raises NoCluster."""
        cluster = cls(folder.resolve(), port, durable)
        if not (cluster.folder / "data/PG_VERSION").exists():
            cluster._init()
        return cluster

    @property
    def url(self) -> str:
        return f"postgresql://{OWNER}@{LOOPBACK}:{self.port}/postgres"

    def children(self) -> tuple[Child, ...]:
        settings = SETTINGS | (DURABLE if self.durable else {})
        options = [text for name, value in settings.items() for text in ("-c", f"{name}={value}")]
        argv = (_program("postgres"), "-D", str(self.folder / "data"), "-p", str(self.port), *options)
        # INT makes it close connections; on TERM it would wait for its clients to leave
        return (Child("postgres", argv, _env(), self.folder, _runner(), SIGINT),)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url, connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _init(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        if runner := _runner():
            shutil.chown(self.folder, runner)
        options = ("--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", f"--username={OWNER}")
        command = (_program("initdb"), "-D", str(self.folder / "data"), *options)
        tie = (sys.executable, "-I", "-S", tied.__file__, str(os.getpid()), runner or "-")
        done = subprocess.run(
            (*tie, *command), env=_env(), cwd=self.folder, check=False, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            raise NoCluster(f"{NoCluster.__doc__} {self.folder}: {done.stderr.strip()}")


def _program(name: str) -> str:
    if not (programs := postgres_programs()):
        raise FileNotFoundError("PostgreSQL is not installed")
    return str(programs / name)


def _env() -> dict[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "LC_"))}
    return ours | {"LANG": "C.UTF-8"}


def _runner() -> str | None:
    """Whom root becomes, since PostgreSQL refuses to run as root; for anybody else None."""
    if os.geteuid():
        return None
    names = {account.pw_name for account in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"
