"""Who is logged in. The cookie holds a random word, the database only its hash; real time throughout."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, cast

from peewee import JOIN

from common import db
from common.tables import Company, Login, Session

LONGEST = timedelta(days=30)
IDLE = timedelta(days=7)
TOUCH = timedelta(minutes=10)  # a session that was seen so lately is not written again
Role = Literal["company", "operator"]


@dataclass(frozen=True)
class Who:
    """Somebody who is logged in; `company` is None for an operator."""

    login_id: str
    email: str
    role: Role
    company: str | None
    session: str


def begin(login: Login, now: datetime) -> str:
    """The word for the cookie. Sessions that are over go. Needs a transaction."""
    word = secrets.token_urlsafe(32)
    Session.delete().where(Session.until < now).execute()
    Session.create(id=_hashed(word), login=login.id, began_at=now, seen_at=now, until=now + IDLE)
    return word


def find(word: str, now: datetime) -> tuple[Who, Company | None] | None:
    """Who it is, and his company, with one look. Needs a connection."""
    columns = (Session, Login.id, Login.email, Login.role, Login.company, Company)
    joined = Session.select(*columns).join(Login, on=Login.id == Session.login, attr="of")
    joined = joined.join(Company, JOIN.LEFT_OUTER, on=Company.cvr == Login.company, attr="firm")
    row: Any = joined.where(Session.id == _hashed(word), Session.until > now).first()
    if row is None:
        return None
    if row.seen_at < now - TOUCH:
        _touch(row, now)
    who = Who(row.of.id, row.of.email, cast(Role, row.of.role), row.of.company, row.id)
    return who, row.of.firm if row.of.company else None


def end(session: str) -> None:
    with db.transaction():
        Session.delete().where(Session.id == session).execute()


def leave(word: str) -> None:
    """The session of this cookie, if there is one."""
    if word:
        end(_hashed(word))


def end_all(login_id: str, but: str = "") -> int:
    """Logs the login out everywhere, but for one session; returns how many ended. Needs a transaction."""
    return int(Session.delete().where(Session.login == login_id, Session.id != but).execute())


def of(login_id: str, now: datetime) -> list[Session]:
    """Newest first."""
    known = Session.select().where(Session.login == login_id, Session.until > now)
    return list(known.order_by(Session.seen_at.desc()))


def _touch(row: Session, now: datetime) -> None:
    with db.transaction():
        until = min(now + IDLE, row.began_at + LONGEST)
        Session.update(seen_at=now, until=until).where(Session.id == row.id).execute()


def _hashed(word: str) -> str:
    return sha256(word.encode()).hexdigest()
