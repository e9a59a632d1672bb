"""What holds for every request and response: headers, limits, and one line in the log that never holds a token."""

from asyncio import wait_for
from time import monotonic, perf_counter
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from common.logs import log
from decisions import render

LARGEST_BODY = 16 * 1024  # bytes; a form of ours has a few hundred
PATIENCE = 20.0  # seconds that a body gets to arrive: whoever sends it drop by drop keeps a connection
LONGEST_ADDRESS = 2048  # bytes; a link of ours has about 250
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=(), browsing-topics=()",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}


class Guard:
    """Stands around the whole application, so that its error pages have the same headers."""

    def __init__(self, app: ASGIApp, *, https: bool) -> None:
        self._app = app
        self._headers = HEADERS | HSTS if https else HEADERS

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = perf_counter(), 500

        async def send_guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._head(message)
            await send(message)

        try:
            await (_refused(scope) or self._app)(scope, _in_time(receive), send_guarded)
        finally:
            took = round((perf_counter() - began) * 1000, 1)
            log.info("request", route=_route(scope), method=_method(scope), status=status, ms=took)

    def _head(self, message: Message) -> None:
        headers = MutableHeaders(scope=message)
        headers.update(self._headers)
        headers.setdefault("Cache-Control", "no-store")


def _in_time(receive: Receive) -> Receive:
    """Raises TimeoutError for a body that doesn't come to its end. Time runs from when the first of it is asked for: a
    file that took long to make is sent for as long as it takes.
    """
    is_whole, until = False, 0.0

    async def received() -> Message:
        nonlocal is_whole, until
        if is_whole:
            return await receive()
        until = until or monotonic() + PATIENCE
        message = await wait_for(receive(), max(until - monotonic(), 0))
        is_whole = not message.get("more_body", False)
        return message

    return received


def _refused(scope: Scope) -> Response | None:
    if len(scope.get("raw_path") or scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
        return render.error(414, scope["path"])
    if "\0" in scope["path"]:  # PostgreSQL knows no text with it
        return render.error(404, scope["path"])
    length = Headers(scope=scope).get("content-length", "0")
    if not length.isdecimal() or int(length[:12]) > LARGEST_BODY:
        return render.error(413, scope["path"])
    return None


def _route(scope: Scope) -> str:
    endpoint: Any = scope.get("endpoint")
    return getattr(endpoint, "__name__", type(endpoint).__name__) if endpoint else "none"


def _method(scope: Scope) -> str:
    """Only what is known goes to the log: a method is free text."""
    method = str(scope["method"])
    return method if method in ("GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE") else "other"
