"""Whether this process can work."""

from peewee import PeeweeException
from playhouse.pool import MaxConnectionsExceeded
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from common import db
from decisions import queries


def healthz(_: Request) -> Response:
    """200 when the database answers. The broker is none of its business."""
    try:
        with db.connection():
            queries.company_count()
    except (PeeweeException, MaxConnectionsExceeded) as error:
        raise HTTPException(503) from error
    return PlainTextResponse("ok\n")
