"""What the ERP says of a key that a company pasted, and what is made of it.

The key in use stays in use until another one is accepted. An ERP that is away is asked again. A key that the ERP has as
another company's, whose customers would be dunned, is not put in use until its company has said that it is sure.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from common import clock, cvr, outbox
from common import events as e
from common.logs import log
from common.tables import ApiKey, KeyTrial
from fetcher import keys, waiting
from fetcher.erp import Erp, KeyRefused, Owner, Unavailable

Answer = Owner | KeyRefused | Unavailable


def asked(open_erp: Callable[[str], Erp], key: ApiKey) -> Answer:
    """What the ERP says; slow."""
    try:
        return open_erp(key.locked).whose()
    except (KeyRefused, Unavailable) as refusal:
        log.warning("key not accepted", reason=str(refusal), key_no=key.key_no)
        return refusal


def write(event: e.ApiKeySubmitted, key: ApiKey, answer: Answer, now: datetime) -> None:
    """Needs the company's lock."""
    match answer:
        case Owner() if _is_foreign(answer, key):
            log.warning("key of another company", key_no=key.key_no, cvr=answer.cvr)
            _refuse(event, now, state="foreign", whose=answer.name, cvr=answer.cvr)
        case Owner():
            _accept(event, key, answer, now)
        case KeyRefused():
            _refuse(event, now, state="refused", reason=str(answer))
        case Unavailable():
            _try_again(event, key, answer, now)


def _is_foreign(owner: Owner, key: ApiKey) -> bool:
    """Eight digits that are no CVR number say nothing."""
    return not key.sure and owner.cvr != key.company and cvr.is_valid(owner.cvr)


def _refuse(event: e.ApiKeySubmitted, now: datetime, **found: object) -> None:
    _note(event, now, **found)
    outbox.add(e.ApiKeyRefused(company=event.company, key_no=event.key_no, attempt=event.attempt))


def _accept(event: e.ApiKeySubmitted, key: ApiKey, owner: Owner, now: datetime) -> None:
    keys.use(key)
    _note(event, now, state="accepted", whose=owner.name, cvr=owner.cvr)
    outbox.add(e.ApiKeyAccepted(company=event.company, key_no=event.key_no, attempt=event.attempt))


def _try_again(event: e.ApiKeySubmitted, key: ApiKey, away: Unavailable, now: datetime) -> None:
    """For three days; then the company is asked to paste it again."""
    again_at = None
    if not waiting.is_enough(key.submitted_at, now):
        again_at = clock.business_in(waiting.wait(away, event.attempt))
        outbox.add(replace(event, id="", attempt=event.attempt + 1), at=again_at)
    _note(event, now, state="unreachable", reason=str(away), try_at=again_at)
    outbox.add(e.ApiKeyUnreachable(company=event.company, key_no=event.key_no, attempt=event.attempt))


def _note(event: e.ApiKeySubmitted, now: datetime, **found: object) -> None:
    tried = {"company": event.company, "key_no": event.key_no, "tries": event.attempt + 1, "tried_at": now}
    keys.write(KeyTrial(**tried | found))
