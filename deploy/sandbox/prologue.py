"""The past of one example company, before anything else of `make run` starts: `python -m deploy.sandbox.prologue`.

Its eight weeks are played by the product's own handlers, all in this process, on a clock that goes from event to event
and ends where the business clock stands. Nothing is made up: each row was written by the rule that always writes it.

It is one transaction. What is cut short has never been, and is begun anew; a database that holds a company, or one
event, has a past of its own, and is left alone.
"""

import gc
import sys
from collections.abc import Callable, Collection
from contextlib import closing, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import requests

from common import boot, clock, db
from common.calendar import local_date
from common.links import PortalLinks
from common.settings import Settings, is_loopback
from common.tables import Company, Outbox
from common.worker import Handles
from decisions import logins
from deploy.sandbox import memory as memories
from deploy.sandbox.client import Erp
from deploy.sandbox.creditors import FJORDBY
from deploy.sandbox.hands import Clicks, Hands, Letters, as_committed
from deploy.sandbox.memory import Memory, Noticed
from deploy.sandbox.past import JOINED
from deploy.sandbox.pastime import TICK, Time, going_by
from deploy.sandbox.reading import MOST_MAILS
from deploy.sandbox.settings import BadSetting
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.sandbox.stories import stories
from deploy.sandbox.town import Town, say
from deploy.sandbox.ways import Ways, ways
from dunning.app import handlers as dunnings
from fetcher.app import handlers as fetchers
from notifier.app import handlers as notifiers
from notifier.mailer import Mailer
from scheduler.app import request_due_fetches
from scheduler.statements import Monthly

OPERATOR = "drift@rykkerportalen.example"
RECENT = timedelta(days=1)  # mails that are no older are in the inbox; the others have been read


class NotHere(Exception):
    """A past is played on a business clock alone, with everything on loopback, the stand-in ERP, and nothing before."""


def play(settings: Settings, sandbox: SandboxSettings) -> None:
    """Raises NotHere; then nothing has been done."""
    end = clock.business_now()
    _refuse_elsewhere(settings, sandbox)
    with going_by(settings.clock_path, JOINED, end) as passing, ways(sandbox) as real, db.transaction():
        if Company.select().exists() or Outbox.select().exists():
            raise NotHere("there is something already: it goes on from there")
        _forget(real.erp)
        letters, memory = Letters(), Memory(local_date(end))
        through = Ways(real.erp, letters, Clicks(PortalLinks(settings)))
        town = Town(settings, sandbox, through, [FJORDBY], memory)
        _live(town, Hands(tables(settings, letters.send)), passing)
        recent = [mail.id for mail in reversed(letters.messages(limit=MOST_MAILS)) if mail.at >= end - RECENT]
        _remember(memory, recent, sandbox.file("demo.json"))
        with closing(Mailer(settings.smtp_url, settings.mail_from, settings.smtp_timeout)) as mailer:
            letters.deliver(recent, real.inbox, mailer.send)


def tables(settings: Settings, send: Callable[[str, bytes, str], None]) -> dict[str, list[Handles]]:
    """Who hears what, by queue, as the processes bind it."""
    return {**fetchers(settings), **dunnings(), "notifier": notifiers(settings, send)}


def _refuse_elsewhere(settings: Settings, sandbox: SandboxSettings) -> None:
    urls = [settings.erp_url, settings.smtp_url, settings.portal_url]
    urls += [] if settings.database_url.startswith("sqlite:") else [settings.database_url]
    is_stand_in = urlsplit(settings.erp_url).netloc == str(sandbox.erp)
    if not (settings.clock_path and is_stand_in and all(is_loopback(urlsplit(url).hostname or "") for url in urls)):
        raise NotHere(NotHere.__doc__)


def _forget(erp: Erp) -> None:
    """What a start that was cut short has left in the ERP."""
    if any(company["key"] == FJORDBY.key and company["invoices"] for company in erp.state()["companies"]):
        for story in stories():
            if story.of is FJORDBY:
                with suppress(requests.HTTPError):  # it isn't there
                    erp.delete_invoice(story.number, key=FJORDBY.key)


def _live(town: Town, hands: Hands, passing: Time) -> None:
    """Until the end: people do what they do and the scheduler what it does; and what is due is handed over."""
    monthly, hour = Monthly(), passing.now
    while True:
        if passing.now >= hour or passing.now == passing.end:
            _do(town.live, request_due_fetches, monthly)
            hour = passing.next_hour()
        if is_over := passing.now == passing.end:
            _do(_invite)
        while hands.hand_over(passing.now):
            passing.set(min(passing.now + TICK, hour))
        if is_over:
            return
        passing.set(passing.next())


def _do(*steps: Callable[[], object]) -> None:
    for step in steps:
        step()
        as_committed()


def _invite() -> None:
    logins.invite(FJORDBY.cvr, FJORDBY.email, clock.business_now())
    logins.add_operator(OPERATOR, clock.business_now())


def _remember(memory: Memory, recent: Collection[int], file: Path) -> None:
    """What the people know when they go on. Recent mails are in the inbox, where they are read anew; older ones are
    gone, and nobody can press their buttons.
    """
    for number, mails in memory.noticed.items():
        kept = {upon: mail for upon, mail in mails.items() if mail.mail not in recent}
        memory.noticed[number] = {upon: Noticed(0, mail.on) for upon, mail in kept.items()}
    memory.last_mail = 0
    memories.save(memory, file)


def main() -> None:
    gc.disable()  # it lives for seconds, and has little to throw away
    try:
        boot.run("prologue", partial(_play, sandbox=SandboxSettings.from_env()))
    except BadSetting as error:
        sys.exit(f"prologue: {error}")


def _play(settings: Settings, sandbox: SandboxSettings) -> None:
    try:
        play(settings, sandbox)
    except NotHere as reason:
        say(f"no past is played: {reason}")


if __name__ == "__main__":
    main()
