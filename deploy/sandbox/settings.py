"""The sandbox's settings: the only reader of os.environ here; refuses bad input by name."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path


class BadSetting(Exception):
    """A setting of the sandbox can't be used."""


@dataclass(frozen=True)
class Address:
    """Where a stand-in listens, and the variable that says so."""

    variable: str
    host: str
    port: int

    @classmethod
    def parse(cls, variable: str, text: str) -> "Address":
        """Raises BadSetting unless `text` is HOST:PORT with a loopback host: the control doors ask for no password."""
        host, _, port = text.rpartition(":")
        host = host.strip("[]")
        if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535):
            raise BadSetting(f"{variable} must be HOST:PORT with a port from 1 to 65535; it is {text!r}")
        if not _is_loopback(host):
            raise BadSetting(f"{variable} must be on loopback, such as 127.0.0.1:{port}; it is {text!r}")
        return cls(variable, host, int(port))

    @property
    def is_ipv6(self) -> bool:
        return ":" in self.host

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if self.is_ipv6 else f"{self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """Addresses of the stand-ins, the folder that holds their state, and the business clock's file."""

    erp: Address
    inbox: Address
    smtp: Address
    folder: Path
    clock: Path | None = None

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Raises BadSetting, naming the variable."""
        return cls(
            erp=_address(env, "RYKKER_SANDBOX_ERP", "127.0.0.1:8010"),
            inbox=_address(env, "RYKKER_SANDBOX_INBOX", "127.0.0.1:8025"),
            smtp=_address(env, "RYKKER_SANDBOX_SMTP", "127.0.0.1:1025"),
            folder=Path(env.get("RYKKER_SANDBOX_DIR") or ".run/sandbox"),
            clock=Path(env["RYKKER_CLOCK"]) if env.get("RYKKER_CLOCK") else None,
        )

    def file(self, name: str) -> Path:
        """A file in the sandbox's folder, which is created. Raises BadSetting if it can't be written."""
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadSetting(f"RYKKER_SANDBOX_DIR: {self.folder} can't be created: {error.strerror}") from error
        if not os.access(self.folder, os.W_OK):
            raise BadSetting(f"RYKKER_SANDBOX_DIR: {self.folder} can't be written to")
        return self.folder / name


def _address(env: Mapping[str, str], variable: str, default: str) -> Address:
    return Address.parse(variable, env.get(variable) or default)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
