"""The notifier process: queue `notifier`."""

from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from common import worker
from common.links import PortalLinks
from common.settings import Settings
from common.worker import Handles
from notifier.handlers import COUNTING, SENDING, WRITING, Send
from notifier.mailer import Mailer
from notifier.writing import Writer


def serve(settings: Settings) -> None:
    mailer = Mailer(settings.smtp_url, settings.mail_from, settings.smtp_timeout)
    worker.serve(settings, {"notifier": handlers(settings, mailer.send)})


def handlers(settings: Settings, send: Send) -> list[Handles]:
    """Every line of the tables, with what it needs."""
    writer = Writer(settings.mail_from, settings.portal, PortalLinks(settings))
    writing = _bound(WRITING, writer=writer)
    return [*COUNTING, *writing, *_bound(SENDING, send=send, lease=settings.lease)]


def _bound(table: Iterable[Handles], **tools: object) -> list[Handles]:
    return [replace(line, by=partial(line.by, **tools)) for line in table]
