"""The company's API key: how it stands with it, and what becomes of one that was pasted.

`panel` is for every page that includes key.html. The page /profile/key looks again by itself while a key is being
tried, for less than a minute, and shows no input meanwhile, in which somebody could be typing.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from starlette.exceptions import HTTPException
from starlette.responses import Response

from common import db
from common.calendar import COPENHAGEN, local_date
from common.secrets import KeyUnreadable, Vault
from decisions import keys
from decisions.rooms import Room, Visit
from decisions.values import NotAllowed

WAITS = (1, 1, 2, 3, 5, 8, 12, 20)  # seconds until each next look


@dataclass(frozen=True)
class Panel:
    """What key.html shows. `kind` names its words, `lines` say it; `masked` is "" where no key is in use, or none can
    be read; `fault` is what was wrong with the form; `waits`: the page will look again.
    """

    standing: keys.Standing
    kind: str
    lines: list[str]
    masked: str
    is_other: bool
    fault: str
    waits: bool

    @property
    def is_bad(self) -> bool:
        return self.kind in ("none", "refused", "foreign", "lost", "unreachable")


def panel(visit: Visit, fault: str = "", *, waits: bool = False) -> Panel:
    """Three queries, whatever there is. Needs a connection."""
    at, masked = keys.standing(visit.company), _masked(visit)
    kind, waits = _kind(at), waits and at.state == "trying"
    lines = [*_lines(visit, at, kind, waits=waits), *_before(visit, at)]
    if at.in_use and not masked:
        lines.append(visit.say("key.unreadable.text"))
    is_other = bool(at.cvr) and at.cvr != visit.company.cvr
    return Panel(at, kind, lines, masked, is_other, fault, waits)


def _kind(at: keys.Standing) -> str:
    if at.state != "accepted":
        return at.state
    return "lost" if at.lost_at else "accepted" if at.tried_at else "used"


def _lines(visit: Visit, at: keys.Standing, kind: str, *, waits: bool) -> Iterator[str]:
    say = visit.say
    match kind:
        case "accepted":
            yield say("key.accepted.whose", whose=at.whose) if at.whose else say("key.accepted.nobody")
            yield say("key.accepted.tried", when=_when(visit, at.tried_at))
        case "used":
            yield say("key.accepted.set")
        case "lost":
            yield say("key.lost.text", when=_when(visit, at.lost_at))
        case "trying":
            yield say("key.trying.text" if waits else "key.trying.asked")
        case "foreign" if at.foreign:
            name = "whose" if at.foreign.whose else "nobody"
            yield say(f"key.foreign.{name}", whose=at.foreign.whose, cvr=at.foreign.cvr)
            yield say("key.foreign.text", own=visit.company.cvr)
        case "unreachable" if at.try_at:
            yield say("key.unreachable.text", when=_when(visit, at.try_at))
        case "unreachable":
            yield say("key.unreachable.over")
        case _:
            yield say(f"key.{kind}.text")


def _before(visit: Visit, at: keys.Standing) -> Iterator[str]:
    """What is in use while the newest key is not."""
    if at.state in ("trying", "unreachable", "refused", "foreign"):
        name = "none" if not at.in_use else "whose" if at.whose else "text"
        yield visit.say(f"key.before.{name}", whose=at.whose)


def _when(visit: Visit, instant: datetime | None) -> str:
    if instant is None:
        return ""
    if local_date(instant) == visit.today:
        return visit.say("key.today", time=instant.astimezone(COPENHAGEN).strftime(visit.say("dates.time")))
    return visit.say("key.day", at=visit.say.at(instant))


def _masked(visit: Visit) -> str:
    if visit.company.api_key is None:
        return ""
    try:
        return keys.masked(visit.company, _vault(visit))
    except KeyUnreadable:
        return ""


def _vault(visit: Visit) -> Vault:
    found: Vault = visit.request.app.state.vault
    return found


# --- the page --------------------------------------------------------------------------------------------------------
def shown(visit: Visit) -> Response:
    looks = visit.number("look", len(WAITS), most=len(WAITS))
    return _page(visit, looks=looks)


def acted(visit: Visit) -> Response:
    cvr, act = visit.company.cvr, visit.field("act")
    match act:
        case "set":
            return _submitted(visit)
        case "keep":
            keys.drop(cvr)
            return visit.to("/profile/key", done="key_kept")
        case "use" | "remove" if visit.field("sure") != "yes":
            return _page(visit, 422, fault="use" if act == "use" else "sure")
        case "use":
            return _insisted(visit)
        case "remove":
            keys.remove(cvr)
            return visit.to("/profile/key", done="key_removed")
    raise HTTPException(400)


def _submitted(visit: Visit) -> Response:
    try:
        keys.submit(visit.company.cvr, visit.field("key"), visit.who.email, _vault(visit), visit.now)
    except NotAllowed:
        return _page(visit, 422, fault="bad")
    return visit.to("/profile/key", look="0")


def _insisted(visit: Visit) -> Response:
    number = visit.field("key_no")
    if not re.fullmatch(r"[0-9]{1,9}", number, re.ASCII):
        raise HTTPException(400)
    keys.insist(visit.company.cvr, int(number), visit.who.email, visit.now)
    return visit.to("/profile/key", look="0")


def _page(visit: Visit, status: int = 200, fault: str = "", looks: int = len(WAITS)) -> Response:
    with db.connection():
        key = panel(visit, fault, waits=looks < len(WAITS))
    response = visit.page("key_page.html", status, key=key)
    if key.waits:
        response.headers["Refresh"] = f"{WAITS[looks]}; url=/profile/key?look={looks + 1}"
    return response


ROOMS = (Room("/profile/key", get=shown, post=acted, most=4, audit="api key", tells=("act",)),)
