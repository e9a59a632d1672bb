"""A company's API key: kept to be tried, removed, and how it stands with it. The fetcher tries it, and puts it in use.

There is at most one candidate, the newest; its number is never used again.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from peewee import fn

from common import db, outbox
from common.events import ApiKeySubmitted
from common.secrets import KeyUnreadable, Vault
from common.tables import ApiKey, Company, FetchRun, KeyTrial
from decisions import values

TAIL, LONG_ENOUGH = 4, 16  # characters: of a key that has so many, the last ones may be shown

State = Literal["none", "trying", "accepted", "unreachable", "refused", "foreign"]


@dataclass(frozen=True)
class Foreign:
    """A key that Ordrestyring has as another company's: its number, and whose it is ("" unless it said so)."""

    key_no: int
    whose: str
    cvr: str


@dataclass(frozen=True)
class Standing:
    """How it stands with the newest key; `in_use`: invoices are fetched with it, or with the one before it.

    `whose` and `cvr` are of the key in use, as Ordrestyring has them ("" unless it said so). `tried_at` and `try_at`
    (None: no more) are business time. `lost_at`: the last fetch ended with Ordrestyring refusing the key in use.
    `foreign`: the newest key, where it is another company's.
    """

    state: State
    in_use: bool
    whose: str = ""
    cvr: str = ""
    tried_at: datetime | None = None
    try_at: datetime | None = None
    lost_at: datetime | None = None
    foreign: Foreign | None = None


# --- writes ----------------------------------------------------------------------------------------------------------
def submit(cvr: str, api_key: object, by: str, vault: Vault, now: datetime) -> int:
    """Keeps the key to be tried and says so; returns its number. The key that waits to be tried already is a repeat.

    Raises values.NotAllowed, whose words don't hold the key.
    """
    plain = values.api_key(api_key)
    with db.transaction():
        company = _locked(cvr)
        waiting = _candidate(company)
        if waiting and not _is_tried(waiting) and _plain(vault, waiting.locked) == plain:
            return int(waiting.key_no)
        return _keep(company, locked=vault.lock(plain), submitted_at=now, by=by)


def insist(cvr: str, key_no: int, by: str, now: datetime) -> None:
    """The company is sure of its key of this number, which is another company's: it is submitted anew, to be used.

    A repeat, or a key that is not the newest any more, changes nothing.
    """
    with db.transaction():
        company = _locked(cvr)
        waiting = _candidate(company)
        if waiting and waiting.key_no == key_no and _is_tried(waiting, "foreign"):
            _keep(company, locked=waiting.locked, submitted_at=now, by=by, sure=True)


def remove(cvr: str) -> None:
    """No key is in use any more, and none is tried, from now on: an answer that comes late finds its key replaced."""
    with db.transaction():
        last = supersede(_locked(cvr)) - 1
        Company.update(api_key=None, api_key_no=last).where(Company.cvr == cvr).execute()


def drop(cvr: str) -> None:
    """Forgets the newest key if it was tried in vain; the one before it stays in use."""
    with db.transaction():
        waiting = _candidate(_locked(cvr))
        if waiting and _is_tried(waiting):
            ApiKey.delete().where(ApiKey.company == cvr).execute()


def _keep(company: Company, **row: Any) -> int:
    """Needs the company's lock."""
    key_no = supersede(company)
    ApiKey.insert(company=company.cvr, key_no=key_no, **row).execute()
    outbox.add(ApiKeySubmitted(company=company.cvr, key_no=key_no))
    return key_no


def supersede(company: Company) -> int:
    """The number of a key that is newer than all; those that wait are no more. Needs the company's lock."""
    last = _last(company)
    ApiKey.delete().where(ApiKey.company == company.cvr).execute()
    return last + 1


def _last(company: Company) -> int:
    newest = [table.select(fn.MAX(table.key_no)).where(table.company == company.cvr) for table in (ApiKey, KeyTrial)]
    return max(int(company.api_key_no), *(query.scalar() or 0 for query in newest))


def _locked(cvr: str) -> Company:
    found: Company = db.locked(Company.select().where(Company.cvr == cvr)).get()
    return found


# --- reads -----------------------------------------------------------------------------------------------------------
def standing(company: Company) -> Standing:
    """Three short queries. Needs a connection."""
    waiting, in_use = _candidate(company), company.api_key is not None
    wanted = [company.api_key_no, *([waiting.key_no] if waiting else [])]
    mine = (KeyTrial.company == company.cvr) & KeyTrial.key_no.in_(wanted)
    trials = {trial.key_no: trial for trial in KeyTrial.select().where(mine)}
    used = trials.get(company.api_key_no) if in_use else None
    newest = trials.get(waiting.key_no) if waiting else used
    if newest and newest.state == "accepted":  # since the company was read, perhaps
        used, in_use = newest, True
    return Standing(
        state=_state(in_use, waiting, newest),
        in_use=in_use,
        whose=used.whose if used else "",
        cvr=used.cvr if used else "",
        tried_at=newest.tried_at if newest else None,
        try_at=newest.try_at if newest else None,
        lost_at=_lost_at(company, used) if in_use else None,
        foreign=_foreign(newest) if waiting else None,
    )


def masked(company: Company, vault: Vault) -> str:
    """The key in use as it may be shown: at most its last four characters. Raises KeyUnreadable."""
    plain = vault.unlock(str(company.api_key))
    return "•" * 8 + (plain[-TAIL:] if len(plain) >= LONG_ENOUGH else "")


def _foreign(trial: KeyTrial | None) -> Foreign | None:
    return Foreign(trial.key_no, trial.whose, trial.cvr) if trial and trial.state == "foreign" else None


def _state(in_use: bool, waiting: ApiKey | None, newest: KeyTrial | None) -> Any:
    if waiting:
        return newest.state if newest else "trying"
    return "accepted" if in_use else "none"


def _candidate(company: Company) -> ApiKey | None:
    """The newest key, unless it is in use."""
    newer = (ApiKey.company == company.cvr) & (ApiKey.key_no > company.api_key_no)
    found: ApiKey | None = ApiKey.select().where(newer).order_by(ApiKey.key_no.desc()).first()
    return found


def _is_tried(key: ApiKey, state: str = "") -> bool:
    """With that outcome, if one is named."""
    trial = KeyTrial.get_or_none(company=key.company, key_no=key.key_no)
    return trial is not None and state in ("", trial.state)


def _lost_at(company: Company, used: KeyTrial | None) -> datetime | None:
    """When the last fetch that has ended was refused, unless the key has been taken since."""
    ended = FetchRun.select().where(FetchRun.company == company.cvr, FetchRun.state != "running")
    last = ended.order_by(FetchRun.began_at.desc()).first()
    if last is None or last.reason != "key_refused" or (used and used.tried_at > last.began_at):
        return None
    return last.ended_at  # type: ignore[no-any-return]


def _plain(vault: Vault, locked: str) -> str | None:
    try:
        return vault.unlock(locked)
    except KeyUnreadable:
        return None
