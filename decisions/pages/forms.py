"""Forms as our pages send them: read in one way, and only with the word that their page was given."""

from collections.abc import Callable

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from decisions.links import PageLinks

FORM = "application/x-www-form-urlencoded"  # parts (multipart) would bring their own character sets


async def sent(request: Request, most: int, then: Callable[[Request, FormData], Response]) -> Response:
    """What `then` makes of a form of at most `most` fields. Raises HTTPException."""
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != FORM:
        raise HTTPException(415)
    async with request.form(max_files=0, max_fields=most) as form:
        return await run_in_threadpool(then, request, form)


def token(request: Request) -> str:
    return str(request.path_params["token"])


def links(request: Request) -> PageLinks:
    found: PageLinks = request.app.state.links
    return found
