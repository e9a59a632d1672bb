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
        line = {"at": now, "login": login, "who": who, "company": company, "action": action}
        AuditLine.insert(line, subject=subject[:LONGEST]).execute()
