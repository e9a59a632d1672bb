"""The audit log, read: who saw and did what, the newest first."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from peewee import JOIN

from common.calendar import COPENHAGEN
from common.tables import AuditLine, Company, Login
from decisions.words import Words

PAGE = 100
VERBS = ("saw", "did", "tried")  # as the gate writes them before a room's name
NAMED = "audit.what."
OPERATORS_ALONE = (  # what operators do that is about no company
    *("audit log", "operator/numbers", "companies", "new company", "failed messages", "failed message"),
    "letters of all",
)


@dataclass(frozen=True)
class Asked:
    """What of the log; "" and None are all of it. `day` is a date in Copenhagen."""

    company: str = ""
    who: str = ""
    action: str = ""
    day: date | None = None


def lines(asked: Asked, page: int, most: int = PAGE) -> list[Any]:
    """Each with the `role` of its login and the `name` of its company, where these still are. Needs a connection."""
    chosen = AuditLine.select(AuditLine, Login.role, Company.name.alias("name"))
    chosen = chosen.join(Login, JOIN.LEFT_OUTER, on=Login.id == AuditLine.login)
    chosen = chosen.join_from(AuditLine, Company, JOIN.LEFT_OUTER, on=Company.cvr == AuditLine.company)
    newest_first = _where(chosen, asked).order_by(AuditLine.at.desc(), AuditLine.id.desc())
    return list(newest_first.offset((page - 1) * most).limit(most + 1).objects())


def _where(query: Any, asked: Asked) -> Any:
    if asked.company:
        query = query.where(AuditLine.company == asked.company)
    if asked.who:
        query = query.where(_is_his(asked.who))
    if asked.action:
        query = query.where(AuditLine.action.in_([asked.action, *(f"{verb} {asked.action}" for verb in VERBS)]))
    if asked.day:
        first, next_ = _midnight(asked.day), _midnight(asked.day + timedelta(days=1))
        query = query.where(AuditLine.at >= first, AuditLine.at < next_)
    return query


def _is_his(who: str) -> Any:
    """By his login, which has an index, or by the address that he had then."""
    login = Login.get_or_none(Login.email == who)
    return AuditLine.login == login.id if login else AuditLine.who == who


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), COPENHAGEN)


# --- in words --------------------------------------------------------------------------------------------------------
def told(say: Words, action: str) -> str:
    """What was done, as the reader's language has it; a room without a name there goes by its own."""
    verb, _, room = action.partition(" ")
    if verb not in VERBS:
        return _named(say, action)
    return say("audit.line", verb=say(f"audit.verb.{verb}"), what=_named(say, room))


def actions(say: Words, role: str) -> list[tuple[str, str]]:
    """What can be asked for, each with its name, by name. A company's log has what operators did about it, too."""
    named = {name.removeprefix(NAMED).replace("_", " "): say(name) for name in say.beginning(NAMED)}
    known = [pair for pair in named.items() if role == "operator" or pair[0] not in OPERATORS_ALONE]
    return sorted(known, key=lambda pair: pair[1].casefold())


def _named(say: Words, action: str) -> str:
    name = NAMED + action.replace(" ", "_")
    return say(name) if say.has(name) else action
