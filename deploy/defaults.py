"""What `make run` decides where nobody else did: every setting, from the environment and the run folder."""

import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy.servers.ports import is_free

DAY = 86_400.0  # seconds


class CantStart(Exception):
    """Something must be changed before the system can start; the message says what."""


@dataclass(frozen=True)
class Port:
    """A door that the system opens, and the setting that moves it."""

    what: str
    host: str
    port: int
    setting: str
    example: str

    @property
    def trouble(self) -> str | None:
        """Why it can't be opened now."""
        try:
            free = is_free(self.port, self.host)
        except OSError as error:
            return f"{self.host}:{self.port} ({self.what}) can't be opened: {error.strerror}."
        return None if free else f"Port {self.port} ({self.what}) is taken."

    @property
    def other(self) -> str:
        return f"{self.setting}={self.example.format(port=self.port % 65535 + 1)}"


def check(doors: Iterable[Port]) -> None:
    """Raises CantStart with all that can't be opened now, and a command that moves them."""
    if troubles := {door: trouble for door in doors if (trouble := door.trouble)}:
        which = "another one" if len(troubles) == 1 else "others"
        moved = " ".join(door.other for door in troubles)
        raise CantStart(f"{' '.join(troubles.values())} Set {which}: {moved} make run")


def complete(env: Mapping[str, str], folder: Path) -> dict[str, str]:
    """Every RYKKER_ setting of the system that lives in `folder`, but for the broker's address. Raises CantStart."""
    given = {name: value for name, value in env.items() if name.startswith("RYKKER_") and value}
    doors = {
        "RYKKER_PORTAL_BIND": "127.0.0.1:8000",
        "RYKKER_SANDBOX_ERP": "127.0.0.1:8010",
        "RYKKER_SANDBOX_INBOX": "127.0.0.1:8025",
        "RYKKER_SANDBOX_SMTP": "127.0.0.1:1025",
    } | {name: given[name] for name in given if name.startswith(("RYKKER_SANDBOX_", "RYKKER_PORTAL_B"))}
    return {
        **doors,
        "RYKKER_DATABASE_URL": f"sqlite:///{folder}/rykker.sqlite",
        "RYKKER_ERP_URL": f"http://{doors['RYKKER_SANDBOX_ERP']}",
        "RYKKER_SMTP_URL": f"smtp://{doors['RYKKER_SANDBOX_SMTP']}",
        "RYKKER_PORTAL_URL": f"http://{doors['RYKKER_PORTAL_BIND']}",
        "RYKKER_SANDBOX_DIR": str(folder / "sandbox"),
        "RYKKER_MAIL_FROM": "Rykkerportalen <noreply@rykkerportalen.example>",
        "RYKKER_BOUNCE_ADDRESS": "bounces@rykkerportalen.example",
        "RYKKER_CLOCK": str(folder / "clock"),
        "RYKKER_SECRET": given.get("RYKKER_SECRET") or _secret(folder / "secret"),
        **_absolute(given),
    }


def ports(settings: Mapping[str, str], broker_port: int | None) -> list[Port]:
    """Every port that will be listened on; `broker_port` unless somebody else runs the broker."""
    found = [
        _door("the portal", "RYKKER_PORTAL_BIND", settings),
        _door("the stand-in for Ordrestyring", "RYKKER_SANDBOX_ERP", settings),
        _door("the inbox", "RYKKER_SANDBOX_INBOX", settings),
        _door("the inbox's mail server", "RYKKER_SANDBOX_SMTP", settings),
    ]
    if broker_port:
        found.append(Port("RabbitMQ", "127.0.0.1", broker_port, "RYKKER_BROKER_PORT", "{port}"))
    return found


def broker_port(env: Mapping[str, str]) -> int:
    text = env.get("RYKKER_BROKER_PORT") or "5682"
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise CantStart(f"RYKKER_BROKER_PORT must be a port from 1 to 65535; it is {text!r}.")
    return int(text)


def clock_speed(env: Mapping[str, str]) -> float:
    """Business seconds per real second, from DAY_SECONDS: the real seconds that a day takes."""
    text = env.get("DAY_SECONDS") or "20"
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= DAY:
        raise CantStart(f"DAY_SECONDS must be a number of seconds from 1 to 86400; it is {text!r}.")
    return DAY / seconds


def write_env(settings: Mapping[str, str], file: Path) -> None:
    """One KEY=value a line, for `rykker` in another terminal; it holds the secret."""
    new = file.with_name(f"{file.name}.new")
    new.touch(0o600)
    new.write_text("".join(f"{name}={value}\n" for name, value in sorted(settings.items())), "utf-8")
    os.replace(new, file)  # noqa: PTH105 - never half a file


def _door(what: str, setting: str, settings: Mapping[str, str]) -> Port:
    host, _, port = settings[setting].rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or not 0 < int(port) < 65536:
        raise CantStart(f"{setting} must be HOST:PORT; it is {settings[setting]!r}.")
    return Port(what, host, int(port), setting, f"{settings[setting].rpartition(':')[0]}:{{port}}")


def _secret(file: Path) -> str:
    if not file.exists():
        file.touch(0o600)
        file.write_text(secrets.token_urlsafe(48))
    return file.read_text().strip()


def _absolute(given: Mapping[str, str]) -> dict[str, str]:
    """Paths must mean the same file to every process and to `rykker` in another folder."""
    changed = dict(given)
    if (url := given.get("RYKKER_DATABASE_URL", "")).startswith("sqlite:///"):
        changed["RYKKER_DATABASE_URL"] = f"sqlite:///{Path(url.removeprefix('sqlite:///')).absolute()}"
    for name in ("RYKKER_SANDBOX_DIR", "RYKKER_CLOCK"):
        if name in given:
            changed[name] = str(Path(given[name]).absolute())
    return changed
