"""The decisions process: what people open from our mails. It talks to the database alone, never to the broker."""

import os
import signal
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from common.logs import log
from common.secrets import Vault
from common.settings import Settings
from decisions import gate, guard, render
from decisions.links import PageLinks
from decisions.pages import (
    account,
    data,
    errors,
    failed,
    fetches,
    firms,
    invoice,
    invoices,
    key,
    login,
    numbers,
    picking,
    profile,
    stuck,
    tasks,
    trail,
)
from decisions.pages.answer import Answer
from decisions.pages.claim import Claim
from decisions.pages.digest import digest
from decisions.pages.health import healthz
from decisions.rooms import Room

PATIENCE = 10  # seconds that a request under way gets to end when the process is told to


class Static(StaticFiles):
    """Files whose address changes with their content."""

    def file_response(self, *args: object, **kwargs: object) -> Response:
        response: Response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response


def application(settings: Settings) -> ASGIApp:
    app = Starlette(routes=ROUTES, exception_handlers=errors.HANDLERS, max_body_size=guard.LARGEST_BODY)
    app.router.redirect_slashes = False  # its redirects repeat the Host header
    app.state.links = PageLinks(settings)
    app.state.vault = Vault(settings.secret, settings.former)
    app.state.https = settings.portal_url.startswith("https:")
    app.state.is_trial = bool(settings.clock_file)
    return guard.Guard(app, https=app.state.https)


def serve(settings: Settings) -> None:
    """Until SIGTERM or Ctrl-C. Raises OSError, naming the address, when that can't be listened on."""
    listening = _listen(settings.portal_bind)
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: sys.exit(0))  # uvicorn ends in peace, then raises the signal once more
    config = uvicorn.Config(
        application(settings),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,  # it would hold the tokens
        server_header=False,
        proxy_headers=bool(settings.proxies),  # else whoever asks could say that he is somebody else
        forwarded_allow_ips=settings.proxies,
        timeout_graceful_shutdown=PATIENCE,
    )
    log.info("ready", bind=settings.portal_bind, portal=settings.portal)
    uvicorn.Server(config).run(sockets=[listening])


def _listen(bind: str) -> socket.socket:
    host, _, port = bind.rpartition(":")
    host = host.strip("[]")
    try:
        return socket.create_server((host, int(port)), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except (OSError, OverflowError) as error:
        number = getattr(error, "errno", None) or 0
        reason = os.strerror(number) if number > 0 else error  # Python's own text repeats the address
        raise OSError(f"cannot listen on {bind}: {reason}; set RYKKER_PORTAL_BIND") from error


PAGES = (
    login,
    account,
    failed,
    key,
    numbers,
    profile,
    invoices,
    fetches,
    picking,
    tasks,
    stuck,
    firms,
    trail,
    data,
    invoice,  # last: its path takes anything
)
ROOMS: tuple[Room, ...] = tuple(room for page in PAGES for room in page.ROOMS)
ROUTES = [
    Route("/healthz", healthz),
    Route("/login", login.Login),
    Route("/forgotten", login.Forgotten),
    Route("/password/{kind}/{token}", login.Password),
    Route("/trial/{token}", login.enter_trial),
    Route("/answer/{token}", Answer),
    Route("/claim/{token}", Claim),
    Route("/digest/{token}", digest),
    Mount("/static", Static(directory=render.STATIC)),
    *map(gate.opened, ROOMS),
]
