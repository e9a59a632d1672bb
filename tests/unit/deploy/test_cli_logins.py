"""`rykker logins`."""

import pytest

from common import clock, db
from common.settings import Settings
from common.tables import AuditLine, Login, Outbox, Session
from decisions import sessions
from decisions.links import PageLinks
from tests.unit.deploy.conftest import SECRET, Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]
CVR = "12345674"


@pytest.fixture
def company(rykker: Rykker) -> Rykker:
    rykker("company", "add", CVR, "--name", "Jensen VVS ApS", "--email", "kontor@jensen.example")
    return rykker


def test_a_company_is_invited_by_mail_and_nobody_else_sees_the_link(company: Rykker) -> None:
    report = told(company("logins", "invite", CVR, "--json"))

    with db.connection():
        login, (event,) = Login.get(), [row.type for row in Outbox.select()]
    assert report == {"id": login.id, "company": CVR, "email": "kontor@jensen.example"}
    assert event == "login.invited"


def test_an_operator_gets_a_link_that_sets_his_password(rykker: Rykker) -> None:
    report = told(rykker("logins", "operator", "drift@rykker.example", "--json"))
    page = rykker("logins", "link", "drift@rykker.example").stdout

    links = PageLinks(Settings(secret=SECRET))
    with db.connection():
        login = Login.get()
    token = report["link"].removeprefix("http://127.0.0.1:8000/password/i/")
    assert links.read_password("i", token).login_id == login.id
    assert (login.role, login.company, login.password) == ("operator", None, None)
    assert "http://127.0.0.1:8000/password/i/" in page


def test_the_list_shows_who_may_come_in_and_no_secret(company: Rykker) -> None:
    company("logins", "invite", CVR)
    company("logins", "operator", "drift@rykker.example")

    listed = told(company("logins", "list", "--json"))
    page = company("logins", "list").stdout

    assert [(row["email"], row["role"], row["has_password"]) for row in listed] == [
        ("drift@rykker.example", "operator", False),
        ("kontor@jensen.example", "company", False),
    ]
    assert "password" not in listed[0]
    assert "not yet" in page


def test_who_is_removed_is_out_at_once(company: Rykker) -> None:
    company("logins", "invite", CVR)
    company("company", "list")
    with db.connection(), db.transaction():
        sessions.begin(Login.get(), clock.real_now())

    removed = told(company("logins", "remove", CVR, "--json"))

    with db.connection():
        left = (Login.select().count(), Session.select().count())
        lines = [line.action for line in AuditLine.select().order_by(AuditLine.id)]
    assert removed == {"removed": "kontor@jensen.example"}
    assert left == (0, 0)
    assert lines == ["invited", "login removed"]


@pytest.mark.parametrize("command", ["link", "remove"])
def test_a_name_that_is_none_is_said(rykker: Rykker, command: str) -> None:
    assert "there is no login 'nobody@b.example'" in refusal(rykker("logins", command, "nobody@b.example"), 2)


def test_an_address_of_a_company_is_no_operators(company: Rykker) -> None:
    company("logins", "invite", CVR)

    assert "Another login has this address." in refusal(company("logins", "operator", "kontor@jensen.example"), 2)


def test_an_address_that_is_none_is_said(company: Rykker) -> None:
    assert "email must be one e-mail address" in refusal(company("logins", "invite", CVR, "--email", "nowhere"), 2)
