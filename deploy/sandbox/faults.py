"""What goes wrong on purpose with calls to the stand-in ERP, and the count of all calls."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, Generic, TypeVar

import msgspec
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from deploy.sandbox.serving import answer
from deploy.sandbox.wire import Cut, Delay, ErpFault, MailFault, Malformed, Status

F = TypeVar("F", ErpFault, MailFault)
MOST_PATHS = 10_000  # (path, key) pairs that are counted one by one; the rest share one count
NOT_JSON = b'[{"invoice_number": 10001, "amount_vat": '


class Faults(Generic[F]):
    """Rules in the order they came; each serves as often as it says."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._rules: list[tuple[F, int | None]] = []

    def add(self, rules: Iterable[F]) -> None:
        with self._lock:
            self._rules += [(rule, rule.times) for rule in rules]

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, matches: Callable[[F], bool]) -> F | None:
        """The first rule that matches, used once."""
        with self._lock:
            for place, (rule, left) in enumerate(self._rules):
                if matches(rule):
                    self._rules[place : place + 1] = [] if left == 1 else [(rule, left and left - 1)]
                    return rule
        return None

    def left(self) -> list[dict[str, Any]]:
        with self._lock:
            return [msgspec.to_builtins(rule) | {"times": left} for rule, left in self._rules]


class Calls:
    """How often each path was called with each key since the start."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, str | None]] = Counter()

    def note(self, path: str, key: str | None) -> None:
        known = (path, key) in self._counts or len(self._counts) < MOST_PATHS
        self._counts[(path, key) if known else ("(other paths)", None)] += 1

    def table(self) -> list[dict[str, Any]]:
        return [{"path": path, "key": key, "count": count} for (path, key), count in self._counts.items()]


class FaultyDoor:
    """Stands before the ERP's own routes: counts each call, and spoils those that a rule names."""

    def __init__(
        self, app: ASGIApp, faults: Faults[ErpFault], calls: Calls, key_of: Callable[[Request], str | None]
    ) -> None:
        self._app, self._faults, self._calls, self._key_of = app, faults, calls, key_of

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(("/_sandbox", "/healthz")):
            return await self._app(scope, receive, send)
        path, key = scope["path"], self._key_of(Request(scope))
        self._calls.note(path, key)
        rule = self._faults.take(lambda rule: path.startswith(rule.path) and rule.key in (None, key))
        return await self._answer(rule, scope, receive, send)

    async def _answer(self, rule: ErpFault | None, scope: Scope, receive: Receive, send: Send) -> None:
        match rule:
            case Status(status=status, retry_after=wait):
                headers = {} if wait is None else {"Retry-After": str(wait)}
                app: ASGIApp = answer({"message": "A fault that was asked for"}, status, headers)
            case Malformed():
                app = answer(msgspec.Raw(NOT_JSON))
            case _:
                app = self._app
        if isinstance(rule, Delay):
            await asyncio.sleep(rule.seconds)
        await app(scope, receive, _cutting(send) if isinstance(rule, Cut) else send)


def _cutting(send: Send) -> Send:
    async def send_half(message: Message) -> None:
        if message["type"] == "http.response.body":
            # Less than Content-Length promises: the server then ends the connection.
            message = {**message, "body": message["body"][: len(message["body"]) // 2], "more_body": True}
        await send(message)

    return send_half
