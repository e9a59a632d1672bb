"""The mail server of the inbox: takes every mail, unless a fault says otherwise."""

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from aiosmtpd.smtp import MISSING, SMTP, Envelope, Session

from deploy.sandbox.faults import Faults
from deploy.sandbox.mailbox import Mailbox
from deploy.sandbox.wire import DieAfter250, Hang, MailFault, Moment, Reply


class Reception:
    """aiosmtpd's hooks; MISSING means: answer as usual."""

    def __init__(self, mailbox: Mailbox, faults: Faults[MailFault], now: Callable[[], datetime]) -> None:
        self._mailbox, self._faults, self._now = mailbox, faults, now

    async def handle_MAIL(self, _s: SMTP, _session: Session, _e: Envelope, _address: str, _options: Any) -> Any:  # noqa: N802
        return await self._trouble("mail", []) or MISSING

    async def handle_RCPT(self, _s: SMTP, _session: Session, _e: Envelope, address: str, _options: Any) -> Any:  # noqa: N802
        return await self._trouble("rcpt", [address]) or MISSING

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if refusal := await self._trouble("data", envelope.rcpt_tos):
            return refusal
        raw, sender = bytes(envelope.original_content or b""), envelope.mail_from or ""
        await asyncio.to_thread(self._mailbox.add, raw, sender, envelope.rcpt_tos, self._now())
        death = self._faults.take(lambda rule: isinstance(rule, DieAfter250) and _concerns(rule, envelope.rcpt_tos))
        if death is not None:
            await _die(server, answered=death.answered)  # type: ignore[attr-defined]  # DieAfter250 by the line above
        return "250 OK"

    async def _trouble(self, at: Moment, recipients: list[str]) -> str | None:
        """The refusal that a fault asks for here, or None, perhaps after a while."""
        rule = self._faults.take(
            lambda rule: isinstance(rule, Reply | Hang) and rule.at == at and _concerns(rule, recipients)
        )
        if isinstance(rule, Hang):
            await asyncio.sleep(rule.seconds)
        return f"{rule.code} A fault that was asked for" if isinstance(rule, Reply) else None


def _concerns(rule: MailFault, recipients: list[str]) -> bool:
    return rule.recipient is None or rule.recipient.lower() in [address.lower() for address in recipients]


async def _die(server: SMTP, *, answered: bool) -> None:
    transport = server.transport
    if answered:
        await server.push("250 OK")
        await asyncio.sleep(0)
    if isinstance(transport, asyncio.Transport):
        transport.close() if answered else transport.abort()
    # aiosmtpd takes this for the client's going away, which it looks like from here.
    raise ConnectionResetError


@asynccontextmanager
async def receiving(reception: Reception, listener: socket.socket) -> AsyncIterator[None]:
    """Takes mails while the block runs."""
    logging.getLogger("mail.log").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()
    # Without a host name given, aiosmtpd would ask the resolver at every connection.
    server = await loop.create_server(
        lambda: SMTP(reception, hostname="localhost", enable_SMTPUTF8=True, loop=loop), sock=listener
    )
    try:
        yield
    finally:
        server.close()
