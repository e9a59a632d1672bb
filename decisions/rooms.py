"""Rooms: the pages behind the login, and what a visit to one is. gate.py opens them."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from common import db
from common.tables import Company
from decisions import render, tasks
from decisions.queries import NotFound
from decisions.saying import cut
from decisions.sessions import Role, Who
from decisions.words import Words


class Outdated(Exception):
    """Somebody else was there in the meantime: what was sent was made of an older page."""


@dataclass(frozen=True)
class Visit:
    """One request of somebody who is logged in, on business time. `form` is what he sent; None on a GET.

    `word` is what the page's forms send back, so that only who was shown a page can act.
    """

    request: Request
    who: Who
    firm: Company | None
    form: FormData | None
    word: str
    now: datetime
    today: date

    @property
    def company(self) -> Company:
        """Raises NotFound for an operator, who has none."""
        if self.firm is None:
            raise NotFound(NotFound.__doc__)
        return self.firm

    @cached_property
    def say(self) -> Words:
        return Words(self.firm.language if self.firm else "da")

    @cached_property
    def tasks(self) -> int:
        """How many kinds of tasks wait for the company, for the navigation."""
        with db.connection():
            return tasks.count(self.firm) if self.firm else 0

    @property
    def path(self) -> Mapping[str, Any]:
        return self.request.path_params

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query_params

    @property
    def done(self) -> str | None:
        """The message that a redirect left to be shown, if it is one of ours."""
        name = self.query.get("done", "")
        return name if re.fullmatch(r"[a-z_]{1,40}", name) and self.say.has(f"done.{name}") else None

    @property
    def address(self) -> str:
        """Where he comes from, as the server sees it."""
        return self.request.client.host if self.request.client else ""

    def number(self, name: str, usual: int, most: int = 1_000_000) -> int:
        """A whole number from 0 of the query. Raises NotFound for what is none."""
        given = self.query.get(name, str(usual))
        if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII) or int(given) > most:
            raise NotFound(NotFound.__doc__)
        return int(given)

    def field(self, name: str, longest: int = 1000) -> str:
        """What was typed into this field of the form, cut off where no page of ours would let it go on."""
        return cut(self.form.get(name, "") if self.form else "", longest)

    def counted(self, name: str) -> int:
        """A number that a page of ours put into its form. Raises HTTPException 400 for what is none."""
        given = self.field(name)
        if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII):
            raise HTTPException(400)
        return int(given)

    def asked(self, name: str, longest: int) -> str:
        """What the query says of this, cut off likewise."""
        return cut(self.query.get(name, ""), longest)

    def page(self, template: str, status: int = 200, **shown: Any) -> Response:
        known = {"visit": self, "form": self.word, "done": self.done}
        return render.page(template, self.say.language, status, **known | shown)

    def to(self, path: str, fragment: str = "", **query: str) -> Response:
        """On to a page of ours, after a form (303)."""
        asked = f"?{urlencode(query)}" if query else ""
        return RedirectResponse(f"{path}{asked}{'#' + fragment if fragment else ''}", 303)


Act = Callable[[Visit], Response]


@dataclass(frozen=True)
class Room:
    """A page behind the login. `role`: whose; `most`: fields that a form may have; `audit`: its name in the audit log,
    None for what says nothing of anybody. `tells`: the fields of its form that say there what was done.
    """

    path: str
    get: Act | None = None
    post: Act | None = None
    role: Role | None = "company"  # None: whoever is logged in
    most: int = 60
    audit: str | None = ""
    tells: tuple[str, ...] = ()

    @property
    def action(self) -> str | None:
        return self.path.strip("/") if self.audit == "" else self.audit
