"""One line for each day of the business clock: the date, the mails in the inbox, the procedures."""

import http.client
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import peewee

from common import db
from common.calendar import local_date
from common.tables import Procedure


class Days:
    """`say` gets the line of a day when the day begins."""

    def __init__(self, database_url: str, inbox_url: str, say: Callable[[str], None]) -> None:
        self._inbox_url, self._say = inbox_url, say
        self._day: date | None = None
        db.use(database_url)

    def tick(self, business: datetime) -> None:
        if (day := local_date(business)) != self._day:
            self._day = day
            self._say(f"{day:%a %d %b %Y}   {mails(self._inbox_url)}   {procedures()}")


def mails(inbox_url: str) -> str:
    """How many it has had: they are numbered as they come, and the newest is first."""
    if (body := get(f"{inbox_url}/api/messages?limit=1")) is None:
        return "the inbox doesn't answer"
    newest = json.loads(body)
    return _number(newest[0]["id"] if newest else 0, "mail")


def procedures() -> str:
    """How many there are, and in which stages."""
    try:
        with db.connection():
            query = Procedure.select(Procedure.stage, peewee.fn.COUNT(Procedure.id)).group_by(Procedure.stage)
            rows: Any = query.order_by(Procedure.stage).tuples()
            counts: dict[str, int] = dict(iter(rows))
    except peewee.PeeweeException:
        return "the database doesn't answer"
    stages = ", ".join(f"{count} {stage.replace('_', ' ')}" for stage, count in counts.items())
    return _number(sum(counts.values()), "procedure") + (f": {stages}" if stages else "")


def get(url: str, timeout: float = 2) -> bytes | None:
    """The body of a good answer from a server of ours."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout)
    try:
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        body = answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    return body if answer.status == 200 else None


def _number(count: int, what: str) -> str:
    return f"{count} {what}{'' if count == 1 else 's'}"
