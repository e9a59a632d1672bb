"""Companies' API keys under another secret: which stand under which, and locked anew with the newest.

A company at a time, under the lock that everybody takes who sets its key: so it can run beside all processes, be broken
off, and run again.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from common import db
from common.secrets import KeyUnreadable, Vault
from common.tables import ApiKey, Company

UNREADABLE = -1


@dataclass
class Places:
    """How many keys (in use, or waiting to be tried) each secret has locked, the newest secret first; and the companies
    whose keys none of them opens.
    """

    counts: list[int]
    unreadable: list[str] = field(default_factory=list)

    def add(self, cvr: str, place: int) -> None:
        if place != UNREADABLE:
            self.counts[place] += 1
        elif cvr not in self.unreadable:
            self.unreadable.append(cvr)


def places(vault: Vault, secrets: int) -> Places:
    """Needs a connection."""
    found = Places([0] * secrets)
    for cvr in _with_keys():
        for locked in _keys(cvr):
            found.add(cvr, _place(vault, locked))
    return found


def rotate(vault: Vault, secrets: int) -> Places:
    """Where the keys stood before each of them was locked with the newest secret."""
    found = Places([0] * secrets)
    for cvr in _with_keys():
        with db.transaction():
            db.locked(Company.select(Company.cvr).where(Company.cvr == cvr)).first()
            for locked in _keys(cvr):
                place = _place(vault, locked)
                found.add(cvr, place)
                if place > 0:
                    _replace(cvr, locked, vault.lock(vault.unlock(locked)))
    return found


def _with_keys() -> list[str]:
    """Of one company after the other, by number."""
    in_use = Company.select(Company.cvr).where(Company.api_key.is_null(False))
    waiting = ApiKey.select(ApiKey.company)
    with db.connection():
        return sorted({cvr for (cvr,) in (*in_use.tuples(), *waiting.tuples())})


def _keys(cvr: str) -> Iterator[str]:
    in_use = Company.select(Company.api_key).where(Company.cvr == cvr, Company.api_key.is_null(False))
    waiting = ApiKey.select(ApiKey.locked).where(ApiKey.company == cvr)
    yield from dict.fromkeys(locked for (locked,) in (*in_use.tuples(), *waiting.tuples()))


def _place(vault: Vault, locked: str) -> int:
    try:
        return vault.secret_of(locked)
    except KeyUnreadable:
        return UNREADABLE


def _replace(cvr: str, before: str, after: str) -> None:
    """Only what is still as it was read."""
    Company.update(api_key=after).where(Company.cvr == cvr, Company.api_key == before).execute()
    ApiKey.update(locked=after).where(ApiKey.company == cvr, ApiKey.locked == before).execute()
