"""`rykker bounce < message`."""

import os
import sys

from common import clock
from deploy.company_commands import Json
from deploy.reports.shown import give
from deploy.session import Failed, Refused, database


def bounce(as_json: Json = False) -> None:
    """Read a mail that came back from standard input, and take its letter for not delivered.

    Its fee is reversed, its step does not count, and the company is asked for another address. For a mail server that
    hands over what comes to RYKKER_BOUNCE_ADDRESS; RYKKER_IMAP_URL reads a mailbox instead. What can't be done now
    ends with 75, so that it hands the mail over again later.
    """
    from notifier import bounced, dsn, store
    from notifier.verp import Envelopes, NotOurs

    with database(quiet=as_json, failed=os.EX_TEMPFAIL) as ready:
        if not ready.bounce_address:
            raise Failed("RYKKER_BOUNCE_ADDRESS is not set: letters don't say where they come back to")
        content = sys.stdin.buffer.read(dsn.LARGEST + 1)
        try:
            outcome = bounced.record(content, Envelopes(ready), clock.business_now())
        except dsn.NoBounce as nothing:  # no failure: whoever hands over all mail must not send this one back
            why = str(nothing)
            give({"is_new": False, "why": why}, as_json, lambda: why)
            return
        except bounced.StillSending as busy:
            raise Failed(str(busy)) from busy
        except (NotOurs, store.NoSuchLetter) as error:
            raise Refused(str(error)) from error
        give(vars(outcome), as_json, lambda: _told(outcome))


def _told(outcome: object) -> str:
    said = vars(outcome)
    what = "counts as bounced" if said["is_new"] else "was known not to have arrived"
    return f"letter {said['letter_id']} ({said['kind']}, {said['company']}) {what}: {said['status']} {said['reason']}"
