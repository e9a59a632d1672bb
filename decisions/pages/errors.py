"""What is said when something can't be done: always a page, and always what to do."""

from collections.abc import Awaitable, Callable
from typing import Any

from peewee import InterfaceError, OperationalError
from playhouse.pool import MaxConnectionsExceeded
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from common.logs import log
from common.secrets import LinkExpired, LinkForged
from decisions import render
from decisions.links import FormForged
from decisions.queries import NotFound
from decisions.rooms import Outdated

Handler = Callable[[Request, Any], Awaitable[Response]]


def always(status: int) -> Handler:
    async def handle(request: Request, _: Any) -> Response:
        return render.error(status, request.url.path)

    return handle


async def refused(request: Request, error: HTTPException) -> Response:
    return render.error(error.status_code, request.url.path, dict(error.headers or {}))


async def database_away(request: Request, error: Exception) -> Response:
    log.error("database", reason=str(error).strip())
    return render.error(503, request.url.path, {"Retry-After": "60"})


async def too_slow(request: Request, _: Any) -> Response:
    return render.error(408, request.url.path, {"Connection": "close"})


HANDLERS: dict[Any, Handler] = {
    HTTPException: refused,
    LinkExpired: always(410),
    LinkForged: always(404),
    NotFound: always(404),
    FormForged: always(403),
    Outdated: always(409),
    OperationalError: database_away,
    InterfaceError: database_away,
    MaxConnectionsExceeded: database_away,
    TimeoutError: too_slow,
    Exception: always(500),  # the server logs it
}
