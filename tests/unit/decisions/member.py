"""Somebody who is logged in, with a browser: `Member()` of the company CVR, `Member(None)` an operator."""

import re
from collections.abc import Sequence
from typing import Any

import httpx

from common import clock, db
from common.tables import AuditLine, Login
from decisions import sessions
from decisions.app import application
from decisions.links import PageLinks
from tests.unit.decisions.cases import CVR, SETTINGS, TestClient, served

Fields = str | int | Sequence[str]


class Member:
    """Sends forms as the pages do: with the word that belongs to his session."""

    def __init__(self, cvr: str | None = CVR, email: str | None = None, settings: Any = SETTINGS) -> None:
        role = "company" if cvr else "operator"
        self.email = email or (f"bog@{cvr}.example" if cvr else "drift@rykkerportalen.example")
        row = {"role": role, "company": cvr, "email": self.email, "created_at": clock.real_now()}
        with db.transaction():
            Login.insert(row, id=f"login-{cvr or self.email}").on_conflict_ignore().execute()
            login = Login.get(Login.company == cvr) if cvr else Login.get(Login.email == self.email)
            word = sessions.begin(login, clock.real_now())
        self.login_id = str(login.id)
        with db.connection():
            found = sessions.find(word, clock.real_now())
        assert found
        self.who = found[0]
        self.word = PageLinks(settings).form(self.who.session)
        self.client = TestClient(served(application(settings)), follow_redirects=False, cookies={"rykker": word})

    def get(self, path: str) -> httpx.Response:
        response: httpx.Response = self.client.get(path)
        return response

    def post(self, path: str, **fields: Fields) -> httpx.Response:
        response: httpx.Response = self.client.post(path, data={"form": self.word, **fields})
        return response

    def text(self, path: str) -> str:
        """What a reader sees of the page, which must be there, on one line."""
        response = self.get(path)
        assert response.status_code == 200, (response.status_code, path)
        return plain(response.text)


def plain(html: str) -> str:
    from html import unescape

    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition("<body>")[2])).split())


def audited() -> list[tuple[str, str, str]]:
    """Who did what to what, oldest first."""
    with db.connection():
        return [(line.who, line.action, line.subject) for line in AuditLine.select().order_by(AuditLine.id)]
