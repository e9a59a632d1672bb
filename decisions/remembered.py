"""What took long to find out, kept for some minutes in this process."""

from collections import defaultdict
from collections.abc import Callable, Hashable
from datetime import datetime, timedelta
from threading import Lock
from typing import Generic, TypeVar

from common import clock

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
MOST = 50  # keys; the oldest go


class Remembered(Generic[K, V]):
    """For each key one visitor at a time finds out; others get what was known until then, or wait if nothing was."""

    def __init__(self, lasting: timedelta) -> None:
        self._lasting = lasting
        self._known: dict[K, tuple[datetime, V]] = {}
        self._finding: defaultdict[K, Lock] = defaultdict(Lock)

    def get(self, key: K, find: Callable[[], V]) -> V:
        known = self._known.get(key)
        if known and self._is_fresh(known):
            return known[1]
        one = self._finding[key]
        if not one.acquire(blocking=known is None) and known:
            return known[1]
        try:
            known = self._known.get(key)
            return known[1] if known and self._is_fresh(known) else self._found(key, find())
        finally:
            one.release()

    def forget(self) -> None:
        self._known.clear()

    def _found(self, key: K, value: V) -> V:
        while len(self._known) >= MOST:
            oldest = next(iter(self._known))
            self._known.pop(oldest, None)
            self._finding.pop(oldest, None)
        self._known.pop(key, None)
        self._known[key] = (clock.real_now(), value)
        return value

    def _is_fresh(self, known: tuple[datetime, V]) -> bool:
        return clock.real_now() - known[0] < self._lasting
