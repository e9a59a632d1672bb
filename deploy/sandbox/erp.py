"""A stand-in for Ordrestyring's REST v2, as far as Rykkerportalen reads it: `python -m deploy.sandbox.erp`."""

import base64
import binascii
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from deploy.sandbox.door import Door
from deploy.sandbox.faults import Calls, Faults, FaultyDoor
from deploy.sandbox.fields import DEBTORS, INVOICES, Model
from deploy.sandbox.invoices import Invoices
from deploy.sandbox.query import BadQuery, parse
from deploy.sandbox.serving import answer, healthz, listen, refused, refusing, run, serve
from deploy.sandbox.settings import Settings
from deploy.sandbox.state import Missing, Refused, State
from deploy.sandbox.wire import Company, ErpFault

WHO = "the stand-in ERP"


def create_app(path: Path | str, now: Callable[[], int] = lambda: int(time.time())) -> Starlette:
    """The ERP on the state in `path`; `now` (unix seconds) stamps `created_at` and `updated_at` alone."""
    state, faults, calls = State(path), Faults[ErpFault](), Calls()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        state.close()

    return Starlette(
        routes=[
            Route("/healthz", healthz),
            Route("/", partial(identity, state)),
            *(Route(f"/{model.path}", partial(page, state, model)) for model in (INVOICES, DEBTORS)),
            *(Route(f"/{model.path}/{{ident}}", partial(item, state, model)) for model in (INVOICES, DEBTORS)),
            *Door(state, Invoices(state, now), faults, calls).routes(),
        ],
        middleware=[Middleware(FaultyDoor, faults=faults, calls=calls, key_of=key_of)],
        exception_handlers={
            HTTPException: refused,
            Missing: refusing(404),
            Refused: refusing(422),
            BadQuery: refusing(500),
        },
        lifespan=lifespan,
    )


def identity(state: State, request: Request) -> Response:
    company = company_of(state, request)
    return answer({"name": company.name, "cvr": company.cvr})


def page(state: State, model: Model, request: Request) -> Response:
    company = company_of(state, request)
    params = request.query_params.multi_items()
    rows = state.page(model, company.key, parse(model, params, cap=company.pagesize_cap, keyset=company.keyset))
    if model is DEBTORS and request.query_params.get("include") == "contacts":
        rows = [row | {"contacts": []} for row in rows]
    return answer(rows)


def item(state: State, model: Model, request: Request) -> Response:
    company = company_of(state, request)
    return answer(state.one(model, company.key, request.path_params["ident"]))


def company_of(state: State, request: Request) -> Company:
    """The company that the request's key opens; else 401."""
    company = state.company(key_of(request) or "")
    if company is None:
        raise HTTPException(401, "Unauthorized", {"WWW-Authenticate": 'Basic realm="ordrestyring"'})
    return company


def key_of(request: Request) -> str | None:
    """The API key: the user name of HTTP Basic; the password can be anything."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(credentials).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return None


def main() -> None:
    settings = Settings.from_env()
    listener = listen(WHO, settings.erp)
    serve(create_app(settings.file("erp.sqlite")), listener)


if __name__ == "__main__":
    run(main)
