"""Who saw and did what in the portal."""

from datetime import datetime

from common import db
from common.tables import AuditLine

LONGEST = 200  # characters of a subject


def note(
    who: str, action: str, now: datetime, *, login: str | None = None, company: str | None = None, subject: str = ""
) -> None:
    """Joins the caller's transaction, if there is one."""
    with db.transaction():
        _write(who, action, now, login, company, subject)


def saw(who: str, page: str, now: datetime, *, login: str, company: str | None, subject: str) -> None:
    """A page that somebody looked at, in a transaction of its own that waits for no disk."""
    with db.transaction():
        db.hurry()
        _write(who, f"saw {page}", now, login, company, subject)


def _write(who: str, action: str, now: datetime, login: str | None, company: str | None, subject: str) -> None:
    line = {"at": now, "login": login, "who": who, "company": company, "action": action}
    AuditLine.insert(line, subject=subject[:LONGEST]).execute()
