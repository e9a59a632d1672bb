"""Slow-down of those who guess passwords: for each account and address, alone and together.

A try is counted before the password is looked at, so that many at once are counted, too; the one that succeeds takes
back what it counted of its own. An account that is not there is counted like one that is. A browser that its login came
in with before (`device`) is counted by itself alone: strangers who guess at the account don't lock its owner out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from ipaddress import ip_address
from typing import Any

from peewee import Case

from common import db
from common.tables import Attempt

FREE = {"both": 5, "address": 30, "account": 60}  # failures before the next one has to wait
LONGEST = timedelta(minutes=15)
FORGOTTEN = timedelta(days=1)  # since the last failure
MAILS, MAILED_AGAIN = 3, timedelta(hours=1)  # so many links by mail, then one each hour: less than such a link is good


class TooManyAttempts(Exception):
    """Somebody has to wait before he may try again; `wait` says how long."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(TooManyAttempts.__doc__)
        self.wait = wait


def count(account: str, address: str, now: datetime, device: str = "") -> None:
    """Counts a try. Raises TooManyAttempts for one that comes too soon, which is not counted."""
    keys = _keys(account, address, device)
    with db.transaction():
        db.alone(f"attempt {account}")
        known: Any = {row.whom: row for row in Attempt.select().where(Attempt.whom.in_([*keys]))}
        wait = max((_wait(known.get(key), free, now) for key, free in keys.items()))
        if wait > timedelta():
            raise TooManyAttempts(wait)
        for key in sorted(keys):
            _add(key, now)


def forgive(account: str, address: str, device: str = "") -> None:
    """The password was right: what was counted for this account from this address, or device, is forgotten."""
    first, *others = _keys(account, address, device)
    with db.transaction():
        Attempt.delete().where(Attempt.whom == first).execute()
        again: Any = Attempt.update(failures=Attempt.failures - 1)
        again.where(Attempt.whom.in_(others), Attempt.failures > 0).execute()


def may_mail(whom: str, now: datetime) -> bool:
    """Counts a link by mail. False: he has had some, and the last one is still good. Needs a transaction."""
    key = _key("mail", whom, "")
    db.alone(f"mail {whom}")
    row: Any = Attempt.get_or_none(Attempt.whom == key)
    if row and row.failures >= MAILS and now - row.last_at < MAILED_AGAIN:
        return False
    _add(key, now)
    return True


def forget(now: datetime) -> None:
    """Failures that are long past go, a few at a time. Needs a transaction."""
    old = Attempt.select(Attempt.whom).where(Attempt.last_at < now - FORGOTTEN).limit(100)
    gone = [row.whom for row in db.locked(old, skip=True)]
    Attempt.delete().where(Attempt.whom.in_(gone)).execute()


def wait_after(failures: int, free: int) -> timedelta:
    """How long the next try has to wait: nothing at first, then a second, doubling."""
    return min(LONGEST, timedelta(seconds=2 ** min(failures - free, 20))) if failures >= free else timedelta()


def _wait(row: Attempt | None, free: int, now: datetime) -> timedelta:
    if row is None or row.last_at < now - FORGOTTEN:
        return timedelta()
    wait, since = wait_after(row.failures, free), timedelta() + (now - row.last_at)
    return wait - since if wait else wait


def _add(key: str, now: datetime) -> None:
    more: Any = Attempt.insert(whom=key, failures=1, last_at=now)
    again = Case(None, [(Attempt.last_at < now - FORGOTTEN, 1)], Attempt.failures + 1)
    changed = {Attempt.failures: again, Attempt.last_at: now}
    more.on_conflict(conflict_target=[Attempt.whom], update=changed).execute()


def _keys(account: str, address: str, device: str) -> dict[str, int]:
    """Each with the failures that are free; the narrowest first."""
    if device:
        return {_key("device", account, device): FREE["both"]}
    return {_key(kind, account, network(address)): free for kind, free in FREE.items()}


def _key(kind: str, account: str, address: str) -> str:
    return sha256("\n".join(_named(kind, account, address)).encode()).hexdigest()


def _named(kind: str, account: str, address: str) -> Iterator[str]:
    yield kind
    if kind != "address":
        yield account
    if kind != "account":
        yield address


def network(address: str) -> str:
    """Of IPv6 the first half: whoever has one such address has 2^64 of them."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if found.version == 4:
        return str(found)
    return str(found.ipv4_mapped or f"{int(found) >> 64:x}::/64")
