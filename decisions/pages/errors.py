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

Handler = Callable[[Request, Any], Awaitable[Response]]


def always(status: int) -> Handler:
    async def handle(_: Request, __: Any) -> Response:
        return render.error(status)

    return handle


async def refused(_: Request, error: HTTPException) -> Response:
    return render.error(error.status_code, dict(error.headers or {}))


async def database_away(_: Request, error: Exception) -> Response:
    log.error("database", reason=str(error).strip())
    return render.error(503, {"Retry-After": "60"})


HANDLERS: dict[Any, Handler] = {
    HTTPException: refused,
    LinkExpired: always(410),
    LinkForged: always(404),
    NotFound: always(404),
    FormForged: always(403),
    OperationalError: database_away,
    InterfaceError: database_away,
    MaxConnectionsExceeded: database_away,
    Exception: always(500),  # the server logs it
}
