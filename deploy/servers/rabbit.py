"""A private RabbitMQ node: its own folder, ports, cookie and name, on loopback, meddling with no other one."""

import json
import os
import secrets
import shutil
import socket
from dataclasses import dataclass
from pathlib import Path

from deploy.children import Child
from deploy.servers.ports import LOOPBACK, free_port, is_free

# Debian's wrapper in /usr/sbin refuses every user but root and rabbitmq, so the real scripts come first.
SCRIPTS = (Path("/usr/lib/rabbitmq/bin"), Path("/opt/rabbitmq/sbin"), Path("/usr/local/sbin"))
USER = "rykker"
GREETING = b"AMQP\x00\x00\x09\x01"
CONFIGURATION = """\
listeners.tcp.1 = {host}:{port}
default_user = {user}
default_pass = {password}
disk_free_limit.absolute = 50MB
log.file = false
log.console = true
"""


def rabbitmq_server() -> Path | None:
    """The start script of an installed RabbitMQ."""
    if not shutil.which("epmd"):
        return None
    found = [folder / "rabbitmq-server" for folder in SCRIPTS]
    return next((script for script in found if os.access(script, os.X_OK)), None)


@dataclass(frozen=True)
class RabbitNode:
    """Messages outlive a restart in the same folder, on another port too. See `facts/recipes.md` for each setting."""

    folder: Path
    port: int
    dist_port: int
    epmd_port: int
    password: str

    @classmethod
    def prepare(cls, folder: Path, port: int) -> "RabbitNode":
        """Makes the folder, or goes on with what it holds; the node listens on `port`."""
        folder = folder.resolve()
        (folder / "home").mkdir(parents=True, exist_ok=True)
        folder.chmod(0o700)
        password = _remembered(folder / "password", secrets.token_urlsafe(24))
        _remembered(folder / "home/.erlang.cookie", secrets.token_hex(20))
        node = cls(folder, port, *_inner_ports(folder / "ports.json"), password)
        node._configure()
        return node

    @property
    def url(self) -> str:
        return f"amqp://{USER}:{self.password}@{LOOPBACK}:{self.port}//"

    def children(self) -> tuple[Child, ...]:
        """The node's name server, which RabbitMQ would else leave running behind it, and the node."""
        server, epmd = rabbitmq_server(), shutil.which("epmd")
        if not server or not epmd:
            raise FileNotFoundError("rabbitmq-server is not installed")
        env = self._env()
        return (
            Child("epmd", (epmd, "-port", str(self.epmd_port), "-address", LOOPBACK), env, self.folder),
            Child("rabbitmq", (str(server),), env, self.folder),
        )

    def answers(self) -> bool:
        """The listener is the last thing that a booting node opens; it answers the greeting with a method frame."""
        try:
            with socket.create_connection((LOOPBACK, self.port), timeout=2) as connection:
                connection.sendall(GREETING)
                return connection.recv(1) == b"\x01"
        except OSError:
            return False

    def _configure(self) -> None:
        settings = CONFIGURATION.format(host=LOOPBACK, port=self.port, user=USER, password=self.password)
        for name, text in (
            ("rabbitmq.conf", settings),
            ("advanced.config", "[].\n"),
            ("enabled_plugins", "[].\n"),
            ("rabbitmq-env.conf", ""),  # empty, so that the one in /etc is ignored
        ):
            (self.folder / name).write_text(text)

    def _env(self) -> dict[str, str]:
        at = str(self.folder)
        return _without_foreign_settings() | {
            "HOME": f"{at}/home",
            "LANG": "C.UTF-8",
            "RUNNING_UNDER_SYSTEMD": "true",  # the script then becomes the emulator: no shell in between
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "ERL_EPMD_PORT": str(self.epmd_port),
            "RABBITMQ_NODENAME": "rykker@localhost",  # a host name that doesn't resolve costs a minute
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
            "RABBITMQ_CONF_ENV_FILE": f"{at}/rabbitmq-env.conf",
            "RABBITMQ_CONFIG_FILE": f"{at}/rabbitmq.conf",
            "RABBITMQ_ADVANCED_CONFIG_FILE": f"{at}/advanced.config",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{at}/enabled_plugins",
            "RABBITMQ_GENERATED_CONFIG_DIR": f"{at}/generated",
            "RABBITMQ_MNESIA_BASE": f"{at}/mnesia",
            "RABBITMQ_LOG_BASE": f"{at}/log",
            "RABBITMQ_PID_FILE": f"{at}/rabbitmq.pid",
        }


def _without_foreign_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith(("RABBITMQ_", "ERL_"))}


def _remembered(file: Path, new: str) -> str:
    if not file.exists():
        file.touch(0o600)
        file.write_text(new)
        file.chmod(0o400)  # Erlang refuses a cookie that others may read
    return file.read_text()


def _inner_ports(file: Path) -> tuple[int, int]:
    """The node's ports for other nodes and for their name server: the same as last time if they are still free."""
    if file.exists():
        dist, epmd = json.loads(file.read_text())
        if is_free(dist) and is_free(epmd):
            return dist, epmd
    ports = free_port(), free_port()
    file.write_text(json.dumps(ports))
    return ports
