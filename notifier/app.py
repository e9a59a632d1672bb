"""The notifier process: queue `notifier`."""

import threading
from collections.abc import Iterable
from dataclasses import replace
from functools import partial

from common import clock, worker
from common.links import PortalLinks
from common.logs import log
from common.settings import Settings
from common.worker import Handles
from notifier import bounced, dsn, store
from notifier.delivering import Send
from notifier.handlers import COUNTING, SENDING, WRITING
from notifier.mailer import Mailer
from notifier.postbox import HANDLED, UNREAD, Postbox, watch
from notifier.verp import Envelopes, NotOurs
from notifier.writing import Writer


def serve(settings: Settings) -> None:
    mailer = Mailer(settings.smtp_url, settings.mail_from, settings.smtp_timeout)
    if settings.imap_url:
        watching = (Postbox(settings.imap_url), partial(_came_back, Envelopes(settings)), threading.Event())
        threading.Thread(target=watch, args=watching, daemon=True, name="postbox").start()
    worker.serve(settings, {"notifier": handlers(settings, mailer.send)})


def _came_back(envelopes: Envelopes, content: bytes) -> str | None:
    """The folder of a mail that is done with: what it says is recorded, or it says nothing."""
    try:
        outcome = bounced.record(content, envelopes, clock.business_now())
    except (dsn.NoBounce, NotOurs, store.NoSuchLetter) as nothing:
        log.info("a mail that is no bounce of ours", reason=str(nothing))
        return UNREAD
    except bounced.StillSending:
        return None
    except Exception as error:  # noqa: BLE001 - the next mail may be a better one; this one comes again
        log.error("a bounce could not be recorded", error=type(error).__name__)
        return None
    log.info("letter bounced", letter=outcome.letter_id, kind=outcome.kind, company=outcome.company, new=outcome.is_new)
    return HANDLED


def handlers(settings: Settings, send: Send) -> list[Handles]:
    """Every line of the tables, with what it needs."""
    writer = Writer(settings.mail_from, settings.portal, PortalLinks(settings))
    writing = _bound(WRITING, writer=writer)
    sending = _bound(SENDING, send=send, bounces_to=Envelopes(settings).sender, lease=settings.lease)
    return [*COUNTING, *writing, *sending]


def _bound(table: Iterable[Handles], **tools: object) -> list[Handles]:
    return [replace(line, by=partial(line.by, **tools)) for line in table]
