"""Reading from a socket with an end: a timeout for each read lets a byte now and then go on for ever."""

import io
import time
from collections.abc import Callable
from typing import Any


class Timed(io.RawIOBase):
    """What comes from a socket until `until` (monotonic seconds; asked at each read), waiting `longest` for each piece.

    Raises TimeoutError.
    """

    def __init__(self, sock: Any, until: Callable[[], float], longest: float) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._until, self._longest = until, longest

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        left = self._until() - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for the whole answer is up")
        self._sock.settimeout(min(self._longest, left))
        return self._raw.readinto(buffer)  # type: ignore[no-any-return]

    def close(self) -> None:
        self._raw.close()
        super().close()
