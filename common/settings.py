"""Settings from the environment: the only reader of os.environ; refuses bad input by name."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from common import crash

SECRET_LENGTH = 32  # characters; less could be guessed
_BOUNCES = re.compile(r"(?=[^@]{1,14}@)[\w-]+(\.[\w-]+)*@([a-z0-9-]+\.)+[a-z0-9-]+", re.ASCII | re.IGNORECASE)


class BadSetting(Exception):
    """A setting is missing or can't be used."""


def _var(name: str, default: str) -> str:
    return field(default=default, metadata={"var": f"RYKKER_{name}"})


@dataclass(frozen=True)
class Settings:
    """What an operator may set, each as text from the variable named beside it; `from_env` checks all of it."""

    database_url: str = _var("DATABASE_URL", "sqlite:///.run/rykker.sqlite")
    amqp_url: str = _var("AMQP_URL", "amqp://guest:guest@127.0.0.1:5672//")
    management_url: str = _var("MANAGEMENT_URL", "")
    erp_url: str = _var("ERP_URL", "https://v2.api.ordrestyring.dk")
    smtp_url: str = _var("SMTP_URL", "smtp://127.0.0.1:1025")
    mail_from: str = _var("MAIL_FROM", "Rykkerportalen <noreply@rykkerportalen.example>")
    bounce_address: str = _var("BOUNCE_ADDRESS", "")
    imap_url: str = _var("IMAP_URL", "")
    portal_url: str = _var("PORTAL_URL", "http://127.0.0.1:8000")
    portal_bind: str = _var("PORTAL_BIND", "127.0.0.1:8000")
    trusted_proxies: str = _var("TRUSTED_PROXIES", "")
    secret: str = field(default="", repr=False, metadata={"var": "RYKKER_SECRET"})
    old_secrets: str = field(default="", repr=False, metadata={"var": "RYKKER_OLD_SECRETS"})
    installation: str = _var("INSTALLATION", "rykkerportalen")
    clock_file: str = _var("CLOCK", "")
    threads: str = _var("THREADS", "8")
    time_limit_seconds: str = _var("TIME_LIMIT", "300")
    keep_days: str = _var("KEEP_DAYS", "400")
    log: str = _var("LOG", "json")
    crash_at: str = _var("CRASH_AT", "")

    @classmethod
    def from_env(cls, env: Mapping[str, str] = os.environ) -> "Settings":
        """Raises BadSetting, naming the variable and what to do."""
        given = {f.name: env[f.metadata["var"]] for f in fields(cls) if env.get(f.metadata["var"])}
        settings = cls(**given)
        settings.check()
        return settings

    def check(self) -> None:
        if len(self.secret) < SECRET_LENGTH:
            raise BadSetting(f"RYKKER_SECRET must be a random text of at least {SECRET_LENGTH} characters.")
        if any(len(secret) < SECRET_LENGTH for secret in self.former):
            raise BadSetting(
                f"RYKKER_OLD_SECRETS must be texts of at least {SECRET_LENGTH} characters, commas between."
            )
        _url("RYKKER_DATABASE_URL", self.database_url, "sqlite", "postgresql")
        _url("RYKKER_AMQP_URL", self.amqp_url, "amqp", "amqps")
        if self.management_url:
            _url("RYKKER_MANAGEMENT_URL", self.management_url, "http", "https")
        _url("RYKKER_ERP_URL", self.erp_url, "http", "https")
        _url("RYKKER_SMTP_URL", self.smtp_url, "smtp", "smtp+starttls", "smtps")
        _url("RYKKER_PORTAL_URL", self.portal_url, "http", "https")
        _whole("RYKKER_THREADS", self.threads, 1, 64)
        _whole("RYKKER_TIME_LIMIT", self.time_limit_seconds, 2, 1200)
        _whole("RYKKER_KEEP_DAYS", self.keep_days, 60, 3660)  # less, and a replay could outlive who has handled what
        if "@" not in parseaddr(self.mail_from)[1]:
            raise BadSetting(f"RYKKER_MAIL_FROM must hold an e-mail address; it is {self.mail_from!r}.")
        self._check_bounces()
        for proxy in self.proxies:
            _network("RYKKER_TRUSTED_PROXIES", proxy)
        if self.log not in ("json", "console"):
            raise BadSetting(f"RYKKER_LOG must be json or console; it is {self.log!r}.")
        host, _, port = self.portal_bind.rpartition(":")
        if not host or not port.isdigit():
            raise BadSetting(f"RYKKER_PORTAL_BIND must be HOST:PORT; it is {self.portal_bind!r}.")
        if self.clock_file:  # real debtors would get reminders that aren't due
            self._refuse_outdoors("RYKKER_CLOCK")
        if self.crash_at:
            self._refuse_outdoors("RYKKER_CRASH_AT")
            _point("RYKKER_CRASH_AT", self.crash_at)

    def _check_bounces(self) -> None:
        if self.bounce_address and not _BOUNCES.fullmatch(self.bounce_address):
            raise BadSetting(  # a letter's number and mark come to it, and 64 signs are all that fit
                "RYKKER_BOUNCE_ADDRESS must be NAME@DOMAIN, its name at most 14 letters and digits, and a domain with "
                f"other letters than a to z in its xn-- form; it is {self.bounce_address!r}."
            )
        if self.imap_url:
            where = _url("RYKKER_IMAP_URL", self.imap_url, "imap", "imaps")
            if where.scheme == "imap" and not is_loopback(where.hostname or ""):
                raise BadSetting("RYKKER_IMAP_URL must begin with imaps://: its password would go there unencrypted.")
            if not self.bounce_address:
                raise BadSetting("RYKKER_IMAP_URL needs RYKKER_BOUNCE_ADDRESS, or no mail comes back to it.")

    def _refuse_outdoors(self, trial: str) -> None:
        others = [("RYKKER_ERP_URL", self.erp_url), ("RYKKER_SMTP_URL", self.smtp_url)]
        others += [("RYKKER_IMAP_URL", self.imap_url)] if self.imap_url else []
        for name, url in others:
            if not is_loopback(urlsplit(url).hostname or ""):
                raise BadSetting(f"{trial} is for trying things out: {name} must then be on loopback.")

    @property
    def former(self) -> tuple[str, ...]:
        """Secrets that only read what was written with them."""
        return tuple(part.strip() for part in self.old_secrets.split(",") if part.strip())

    @property
    def clock_path(self) -> Path | None:
        return Path(self.clock_file) if self.clock_file else None

    @property
    def worker_threads(self) -> int:
        return int(self.threads)

    @property
    def time_limit(self) -> timedelta:
        """How long one message may be worked on (real time)."""
        return timedelta(seconds=int(self.time_limit_seconds))

    @property
    def keep(self) -> timedelta:
        """How long (business time) what is over is kept, where the law says nothing else."""
        return timedelta(days=int(self.keep_days))

    @property
    def lease(self) -> timedelta:
        """How long a claim holds (real time): longer than the time limit, so that only a crash lets it expire."""
        return self.time_limit * 1.2

    @property
    def smtp_timeout(self) -> float:
        """Seconds for one answer of the mail server; a mail takes up to eight of them within the time limit."""
        return min(30.0, self.time_limit.total_seconds() / 8)

    @property
    def broker(self) -> "BrokerAddress":
        return BrokerAddress.parse(self.amqp_url)

    @property
    def portal(self) -> str:
        return self.portal_url.rstrip("/")

    @property
    def proxies(self) -> list[str]:
        """Addresses or networks whose word counts on where a request comes from."""
        return [part.strip() for part in self.trusted_proxies.split(",") if part.strip()]


@dataclass(frozen=True)
class BrokerAddress:
    """Where RabbitMQ is. Parsed once, here: `//` is the virtual host `/` to kombu and the empty one to pika."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    virtual_host: str
    tls: bool

    @classmethod
    def parse(cls, url: str) -> "BrokerAddress":
        from urllib.parse import unquote

        parts = urlsplit(url)
        tls = parts.scheme == "amqps"
        host = unquote(parts.path[1:]) or "/"
        return cls(
            host=parts.hostname or "127.0.0.1",
            port=parts.port or (5671 if tls else 5672),
            user=unquote(parts.username or "guest"),
            password=unquote(parts.password or "guest"),
            virtual_host=host,
            tls=tls,
        )

    def __str__(self) -> str:
        return f"{self.host}:{self.port}, virtual host {self.virtual_host}, as {self.user}"


def _url(name: str, value: str, *schemes: str) -> SplitResult:
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError as error:
        raise BadSetting(f"{name} is no address: {error}.") from error
    if parts.scheme not in schemes or not (parts.hostname or parts.path):
        raise BadSetting(f"{name} must begin with {' or '.join(f'{s}://' for s in schemes)} and name a place.")
    return parts


def _whole(name: str, value: str, least: int, most: int) -> None:
    if not value.isdigit() or not least <= int(value) <= most:
        raise BadSetting(f"{name} must be a whole number from {least} to {most}; it is {value!r}.")


def _network(name: str, value: str) -> None:
    try:
        ip_network(value)
    except ValueError as error:
        raise BadSetting(f"{name} must be addresses or networks with commas between: {error}.") from error


def _point(name: str, value: str) -> None:
    try:
        crash.parse(value)
    except crash.NoSuchPoint as error:
        raise BadSetting(f"{name} {error}") from error


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
