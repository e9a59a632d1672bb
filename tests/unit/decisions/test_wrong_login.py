"""Nothing of a company can be seen or changed by the login of another, whatever id it has."""

import re
from typing import Any

import pytest

from common import db
from common.tables import TABLES, Attempt, AuditLine, Session
from decisions.app import ROOMS
from tests.unit.decisions import cases, crawling, everything
from tests.unit.decisions.cases import OTHER_CVR, Visitor
from tests.unit.decisions.member import Member

BASE = "http://testserver"
OWN = (Session, Attempt, AuditLine)  # what somebody changes by being there
SECRETS = (everything.MARK, "Murermester", *everything.NUMBERS.values())


@pytest.fixture
def own(visitor: Visitor) -> Member:
    """Whose everything is."""
    everything.fill()
    member = Member()
    member.client.follow_redirects = True
    return member


_walked: list[crawling.Walk] = []  # it is the same in every test, and takes seconds


@pytest.fixture
def seen(own: Member) -> crawling.Walk:
    """All that its links lead to, and the forms there."""
    if not _walked:
        _walked.append(crawling.walk(own.client, BASE))
    return _walked[0]


@pytest.fixture
def stranger(own: Member) -> Member:
    cases.company(OTHER_CVR, name="Nabo ApS", email="nabo@b.example")
    return Member(OTHER_CVR)


def rows() -> dict[str, list[Any]]:
    with db.connection():
        return {t.__name__: sorted(map(str, t.select().tuples())) for t in TABLES if t not in OWN}


def test_every_room_is_walked(seen: crawling.Walk) -> None:
    forms = {form.action.partition("#")[0] for form in seen.forms}
    paths = {path.partition("?")[0] for path in (*seen.pages, *seen.files)} | forms
    missed = [room.path for room in ROOMS if room.role != "operator" and not _is_met(room.path, paths)]

    assert sorted(missed) == []


def _is_met(path: str, paths: set[str]) -> bool:
    shape = re.compile(re.sub(r"{\w+:path}", ".+", re.sub(r"{\w+(:uuid)?}", "[^/]+", path)))
    return path == "/" or any(shape.fullmatch(one) for one in paths)


def test_what_its_links_show_nobody_else_sees(seen: crawling.Walk, stranger: Member) -> None:
    paths = sorted((*seen.pages, *seen.files), key=lambda path: path != "/profile/audit")  # it repeats what he asks for

    shown = {path: stranger.get(path).text for path in paths}

    assert any(everything.MARK in text for text in seen.pages.values())
    assert [path for path, text in shown.items() if any(secret in text for secret in SECRETS)] == []


def test_what_its_forms_do_nobody_else_does(seen: crawling.Walk, stranger: Member) -> None:
    before = rows()

    for form in seen.forms:
        fields = [(name, value) for name, value in form.fields if name != "form"]
        sent = [*fields, ("form", stranger.word), ("sure", "yes"), ("number", everything.NUMBERS["running"])]
        named = {name: [value for one, value in sent if one == name] for name, _ in sent}
        if "/logout" not in form.action and "/out" not in form.action and _is_about_something(form):
            stranger.client.post(form.action, data=named)

    assert len(seen.forms) > 10
    assert rows() == before


def _is_about_something(form: crawling.Form) -> bool:
    """Forms that name nothing are about whoever sends them: he changes his own."""
    return any(secret in f"{form.action} {form.fields}" for secret in everything.IDS)
