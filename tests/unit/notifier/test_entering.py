"""Mails that let somebody into the portal."""

import re
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from common import db
from common import events as e
from common.links import PasswordLink
from common.tables import Letter, Login
from decisions.links import PageLinks
from tests.unit.notifier.office import NOW, Office, company, letters
from tests.unit.notifier.samples import CVR, SETTINGS

ASKED: dict[str, Any] = {"company": CVR, "login_id": "l-1", "asked_at": NOW}


def plain_text(content: bytes) -> str:
    part = message_from_bytes(content, policy=policy.default).get_body(("plain",))
    assert part
    return str(part.get_content())


@pytest.fixture(autouse=True)
def firm(office: Office) -> None:
    company()


@pytest.fixture
def login(office: Office) -> None:
    with db.transaction():
        Login.create(id="l-1", role="company", company=CVR, email="bog@jensen.example", password_no=4, created_at=NOW)


@pytest.mark.usefixtures("login")
@pytest.mark.parametrize(("event", "kind"), [(e.LoginInvited(**ASKED), "i"), (e.LoginForgotten(**ASKED), "f")])
def test_the_mail_has_a_link_that_sets_the_password_of_this_login_once(
    office: Office, event: e.LoginEvent, kind: str
) -> None:
    office.hear(event)
    office.hear_all(e.LetterPlanned)

    ((recipient, content),) = office.post.taken
    (token,) = re.findall(rf"{SETTINGS.portal}/password/{kind}/(\S+)", plain_text(content))
    assert recipient == "bog@jensen.example"
    assert PageLinks(SETTINGS).read_password(kind, token) == PasswordLink("l-1", 4)


@pytest.mark.usefixtures("login")
def test_the_link_is_not_kept_once_it_has_left(office: Office) -> None:
    office.hear(e.LoginForgotten(**ASKED))
    (before,) = letters()

    office.hear_all(e.LetterPlanned)

    (after,) = letters()
    assert (bytes(before.content) != b"", bytes(after.content)) == (True, b"")
    assert after.state == "sent"


@pytest.mark.usefixtures("login")
def test_the_same_wish_twice_is_one_mail_and_another_wish_another(office: Office) -> None:
    office.hear(e.LoginForgotten(**ASKED))
    office.hear(e.LoginForgotten(**ASKED | {"asked_at": NOW + timedelta(hours=1)}))

    with db.connection():
        assert Letter.select().count() == 2


def test_a_login_that_was_removed_gets_no_mail(office: Office) -> None:
    office.hear(e.LoginInvited(**ASKED))

    assert letters() == []
