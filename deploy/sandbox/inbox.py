"""A mail server that keeps what it gets, and pages that show it: `python -m deploy.sandbox.inbox`."""

import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from common import clock
from deploy.sandbox.faults import Faults
from deploy.sandbox.mailbox import NEWEST, Mailbox
from deploy.sandbox.pages import Pages
from deploy.sandbox.parsing import body, headers, parse
from deploy.sandbox.serving import UNPROCESSABLE, answer, body_of, healthz, listen, refused, run, serve
from deploy.sandbox.settings import Settings
from deploy.sandbox.smtp import Reception, receiving
from deploy.sandbox.wire import DieAfter250, Hang, MailFault, Reply

CREATED = 201
AnyFault = Reply | Hang | DieAfter250


def create_app(
    path: Path | str,
    smtp: socket.socket,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    keep: int = NEWEST,
    kind: type[Mailbox] = Mailbox,
) -> Starlette:
    """The inbox on the mails in `path`, receiving on the socket `smtp`; `now` says when a mail comes."""
    mailbox, faults = kind(path, keep), Faults[MailFault]()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with receiving(Reception(mailbox, faults, now), smtp):
            yield
        mailbox.close()

    doors = Doors(mailbox, faults).routes()
    routes = [Route("/healthz", healthz), *doors, *Pages(mailbox).routes()]
    return Starlette(routes=routes, exception_handlers={HTTPException: refused}, lifespan=lifespan)


class Doors:
    """The JSON routes, for tests."""

    def __init__(self, mailbox: Mailbox, faults: Faults[MailFault]) -> None:
        self._mailbox, self._faults = mailbox, faults

    def messages(self, request: Request) -> Response:
        words = request.query_params
        mails = self._mailbox.find(
            to=words.get("to", ""),
            subject=words.get("subject", ""),
            since_id=_whole(request, "since_id", 0),
            limit=_whole(request, "limit", 100),
        )
        return answer([_summary(mail) for mail in mails])

    def message(self, request: Request) -> Response:
        found = self._mailbox.one(request.path_params["mail_id"])
        if found is None:
            raise HTTPException(404, "No such message")
        mail, raw = found
        parsed = parse(raw)
        parts = {"headers": headers(parsed), "text": body(parsed, "plain"), "html": body(parsed, "html")}
        envelope = {"from": mail["envelope_from"], "to": mail["envelope_to"].split(", ")}
        return answer(_summary(mail) | {"envelope": envelope} | parts)

    def clear(self, _: Request) -> Response:
        self._mailbox.clear()
        return answer([])

    async def add_faults(self, request: Request) -> Response:
        rules = await body_of(request, list[AnyFault] | AnyFault)
        await run_in_threadpool(self._faults.add, rules if isinstance(rules, list) else [rules])
        return answer(self._faults.left(), CREATED)

    def clear_faults(self, _: Request) -> Response:
        self._faults.clear()
        return answer([])

    def routes(self) -> list[Route]:
        return [
            Route("/api/messages", self.messages),
            Route("/api/messages", self.clear, methods=["DELETE"]),
            Route("/api/messages/{mail_id:int}", self.message),
            Route("/api/faults", self.add_faults, methods=["POST"]),
            Route("/api/faults", self.clear_faults, methods=["DELETE"]),
        ]


def _summary(mail: dict[str, Any]) -> dict[str, Any]:
    names = {"id": "id", "from": "sender", "to": "recipient", "subject": "subject", "at": "at"}
    return {name: mail[key] for name, key in (names | {"message_id": "message_id", "links": "links"}).items()}


def _whole(request: Request, name: str, default: int) -> int:
    text = request.query_params.get(name, str(default))
    if not (text.isascii() and text.isdigit() and int(text) < 2**31):
        raise HTTPException(UNPROCESSABLE, f"{name} must be a whole number, not {text!r}")
    return int(text)


def main() -> None:
    settings = Settings.from_env()
    clock.follow(settings.clock)
    smtp, web = listen("the inbox's mail server", settings.smtp), listen("the inbox", settings.inbox)
    serve(create_app(settings.file("inbox.sqlite"), smtp, clock.business_now), web)


if __name__ == "__main__":
    run(main)
