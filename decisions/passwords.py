"""Passwords: what one must be like, and their hashes; the only importer of argon2.

Argon2id with the library's settings, which are RFC 9106's for machines with little memory: 64 MiB, three passes.
"""

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from decisions.attempts import TooManyAttempts

SHORTEST, LONGEST, FEWEST = 10, 200, 5  # characters; and how many different ones
PRODUCT = "rykkerportalen"
_AT_ONCE = threading.BoundedSemaphore(2)  # each takes 64 MiB and a core
_WAITING = threading.BoundedSemaphore(24)  # with those; of 40 threads, so that other pages go on
_USUAL = """
    1234567890 0123456789 0987654321 12345678910 123456789a a123456789 1q2w3e4r5t q1w2e3r4t5 qwertyuiop qwertyuiopå
    qwerty12345 abcdefghij abcdefghijk abcd123456 password12 password123 password1234 passw0rd123 adgangskode
    adgangskode1 adgangskode123 kodeord123 kodeord1234 velkommen1 velkommen12 velkommen123 welcome123 danmark123
    hemmelig123 administrator administrator1 ordrestyring ordrestyring1 bogholderi bogholderi1
""".split()  # noqa: SIM905 - those of ten signs and more that are tried first, easier to read so
hasher = PasswordHasher()


class WeakPassword(ValueError):
    """`fault` names what is wrong with it."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Busy(TooManyAttempts):
    """So many passwords are being looked at that one more would hold up everybody."""


def check(password: str, *known: str) -> None:
    """Raises WeakPassword; `known` are words that whoever knows the company would try first."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise WeakPassword("password.short")
    if len(plain) > LONGEST:
        raise WeakPassword("password.long")
    if len(set(plain)) < FEWEST or plain.lower() in _USUAL or _is_made_of(plain.lower(), (*known, PRODUCT)):
        raise WeakPassword("password.easy")


def _is_made_of(plain: str, known: Iterable[str]) -> bool:
    """Whether nothing is left of it without known words and their parts but digits, spaces and the like."""
    words = {_plain(word).lower() for word in known}
    words |= {part for word in words for part in re.split(r"[\W_]+", word)} - {""}
    rest = plain
    for word in sorted(words, key=len, reverse=True):
        rest = rest.replace(word, " ")
    return rest != plain and not any(sign.isalpha() for sign in rest)


def hashed(password: str) -> str:
    """Raises Busy."""
    with _turn():
        return hasher.hash(_plain(password))


def fits(password: str, kept: str | None) -> bool:
    """Takes as long for an account that isn't there, or that has no password yet: `kept` is None. Raises Busy."""
    plain = _plain(password)[: LONGEST + 1]
    with _turn():
        if kept is None:
            hasher.hash(plain)
            return False
        try:
            return hasher.verify(kept, plain)
        except (VerificationError, InvalidHashError):
            return False


@contextmanager
def _turn() -> Iterator[None]:
    if not _WAITING.acquire(blocking=False):
        raise Busy(timedelta(seconds=5))
    try:
        with _AT_ONCE:
            yield
    finally:
        _WAITING.release()


def _plain(password: str) -> str:
    """The same, however the keyboard composed its letters."""
    return unicodedata.normalize("NFKC", password)
