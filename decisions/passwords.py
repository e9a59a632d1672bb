"""Passwords: what one must be like, and their hashes; the only importer of argon2.

Argon2id with the library's settings, which are RFC 9106's for machines with little memory: 64 MiB, three passes.
"""

import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST, FEWEST = 10, 200, 5  # characters; and how many different ones
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MiB and a core
hasher = PasswordHasher()


class WeakPassword(ValueError):
    """`fault` names what is wrong with it."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


def check(password: str, *known: str) -> None:
    """Raises WeakPassword; `known` are words that whoever knows the company would try first."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise WeakPassword("password.short")
    if len(plain) > LONGEST:
        raise WeakPassword("password.long")
    if len(set(plain)) < FEWEST or plain.lower() in {_plain(word).lower() for word in known}:
        raise WeakPassword("password.easy")


def hashed(password: str) -> str:
    with _AT_ONCE:
        return hasher.hash(_plain(password))


def fits(password: str, kept: str | None) -> bool:
    """Takes as long for an account that isn't there, or that has no password yet: `kept` is None."""
    plain = _plain(password)[: LONGEST + 1]
    with _AT_ONCE:
        if kept is None:
            hasher.hash(plain)
            return False
        try:
            return hasher.verify(kept, plain)
        except (VerificationError, InvalidHashError):
            return False


def _plain(password: str) -> str:
    """The same, however the keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password)
