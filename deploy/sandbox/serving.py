"""What both stand-ins share: sockets, start, end, and JSON in and out."""

import errno
import signal
import socket
import sqlite3
import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, cast

import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from deploy.sandbox.settings import Address, BadSetting

UNPROCESSABLE = 422
_encoder = msgspec.json.Encoder(decimal_format="number")


def run(main: Callable[[], None]) -> None:
    """Runs a stand-in until SIGTERM or Ctrl-C (exit 0); a bad setting or a taken port is one line and exit 1."""
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: sys.exit(0))
    try:
        main()
    except BadSetting as error:
        sys.exit(str(error))


def listen(who: str, address: Address) -> socket.socket:
    """A listening socket. Raises BadSetting, naming what to set, if there can be none."""
    family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    try:
        listener = socket.create_server((address.host, address.port), family=family, backlog=512)
    except OSError as error:
        why = "the port is taken" if error.errno == errno.EADDRINUSE else error.strerror
        raise BadSetting(f"{who} cannot listen on {address}: {why}; set {address.variable}") from error
    # asyncio sets this only on sockets that name their protocol; without it an answer on a kept connection takes 40 ms.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def serve(app: Starlette, listener: socket.socket) -> None:
    config = uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listener])


def open_database(path: Path | str, schema: str) -> sqlite3.Connection:
    """A connection that the server's threads share under a lock of theirs; what is committed outlives a kill."""
    database = sqlite3.connect(path, check_same_thread=False)
    database.row_factory = sqlite3.Row
    database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + schema)
    return database


def to_json(content: object) -> bytes:
    """JSON in which Decimals are numbers, digit for digit."""
    return _encoder.encode(content)


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(to_json(content), status, headers, media_type="application/json")


def parse_json(text: bytes | str, wanted: Any = Any) -> Any:
    """The JSON as the wanted type; no number passes through float."""
    return msgspec.json.Decoder(wanted, float_hook=Decimal).decode(text)


async def body_of(request: Request, wanted: Any) -> Any:
    """What the request says; else 422 with what is wrong and where."""
    try:
        return parse_json(await request.body(), wanted)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise HTTPException(UNPROCESSABLE, str(error)) from error


def refusing(status: int) -> Callable[[Request, Exception], Response]:
    """Answers an exception with this status; every refusal is JSON with a `message`."""
    return lambda _, error: answer({"message": str(error)}, status)


def refused(_: Request, error: Exception) -> Response:
    http = cast("HTTPException", error)  # what Starlette hands to this handler
    return answer({"message": http.detail}, http.status_code, http.headers)


async def healthz(_: Request) -> Response:
    return answer({"status": "ok"})
