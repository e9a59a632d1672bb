import re
from dataclasses import replace
from datetime import timedelta

import pytest

from common import clock, db
from common.tables import Login, Session
from decisions import gate, sessions
from decisions.app import ROOMS, application
from decisions.rooms import Room
from tests.unit.decisions.cases import CVR, OTHER_CVR, SETTINGS, TestClient, Visitor, company
from tests.unit.decisions.member import Member, audited, plain


def test_who_is_not_logged_in_comes_to_the_login_and_goes_on_from_there(visitor: Visitor) -> None:
    client = TestClient(application(SETTINGS), follow_redirects=False)

    response = client.get("/profile/login?x=1")

    assert response.status_code == 303
    assert response.headers["location"] == "/login?next=%2Fprofile%2Flogin%3Fx%3D1"


def test_the_number_of_an_invoice_is_the_same_after_the_login(visitor: Visitor) -> None:
    client = TestClient(application(SETTINGS), follow_redirects=False)

    response = client.get("/invoices/a%2F..%2Fb%3F")

    assert response.headers["location"] == "/login?next=%2Finvoices%2Fa%252F..%252Fb%253F"


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.path)
def test_no_room_says_anything_to_who_is_not_logged_in(visitor: Visitor, room: Room) -> None:
    client = TestClient(application(SETTINGS), follow_redirects=False)
    path = re.sub(r"{[^}]+}", "1", room.path)

    answers = [client.get(path)] if room.get else []
    answers += [client.post(path, data={"form": "x"})] if room.post else []

    assert {answer.status_code for answer in answers} == {303}
    assert all(answer.headers["location"].startswith("/login") for answer in answers)


@pytest.mark.parametrize("room", [room for room in ROOMS if room.post], ids=lambda room: room.path)
def test_no_room_takes_a_form_that_is_not_its_own(visitor: Visitor, room: Room) -> None:
    member = Member(CVR if room.role != "operator" else None)
    other = Member(None if room.role != "operator" else CVR, "other@b.example")
    path = re.sub(r"{[^}]+}", "1", room.path)

    forged = [member.client.post(path, data={"form": word}).status_code for word in ("", "x", other.word)]
    from_elsewhere = member.client.post(path, data={"form": member.word}, headers={"Sec-Fetch-Site": "cross-site"})

    assert forged == [403] * 3
    assert from_elsewhere.status_code == 403


@pytest.mark.parametrize("room", [room for room in ROOMS if room.role], ids=lambda room: f"{room.role} {room.path}")
def test_the_other_role_finds_no_such_room(visitor: Visitor, room: Room) -> None:
    member = Member(CVR if room.role == "operator" else None)
    path = re.sub(r"{[^}]+}", "1", room.path)

    answers = [member.get(path)] if room.get else []
    answers += [member.post(path)] if room.post else []

    assert {answer.status_code for answer in answers} == {404}


def test_a_session_ends_when_it_was_idle_or_is_old(visitor: Visitor) -> None:
    member = Member()
    with db.transaction():
        Session.update(until=clock.real_now() - timedelta(seconds=1)).execute()

    response = member.get("/profile/login")

    assert response.status_code == 303


def test_a_session_that_is_used_goes_on_but_not_for_ever(visitor: Visitor) -> None:
    member, now = Member(), clock.real_now()
    began = now - sessions.LONGEST + timedelta(hours=1)
    with db.transaction():
        Session.update(began_at=began, seen_at=now - timedelta(days=1), until=now + timedelta(seconds=30)).execute()

    member.get("/profile/login")

    with db.connection():
        row = Session.get()
    assert row.until == began + sessions.LONGEST
    assert row.seen_at >= now


def test_logging_out_ends_the_session_here_and_nowhere_else(visitor: Visitor) -> None:
    member, elsewhere = Member(), Member()

    response = member.post("/logout")

    assert response.headers["location"] == "/login?done=out"
    assert member.get("/profile/login").status_code == 303
    assert elsewhere.get("/profile/login").status_code == 200


def test_logging_out_everywhere_ends_all_of_this_login_and_no_other(visitor: Visitor) -> None:
    company(OTHER_CVR)
    member, elsewhere, other = Member(), Member(), Member(OTHER_CVR)

    member.post("/profile/login/out")

    assert member.get("/profile/login").status_code == 303
    assert elsewhere.get("/profile/login").status_code == 303
    assert other.get("/profile/login").status_code == 200


def test_a_login_that_was_removed_is_out(visitor: Visitor) -> None:
    member = Member()
    with db.transaction():
        Login.delete().execute()

    assert member.get("/profile/login").status_code == 303


@pytest.mark.parametrize(
    ("path", "here"),
    [
        ("/invoices/12?x=1", "/invoices/12?x=1"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/a\nb", "/"),
        ("", "/"),
    ],
)
def test_nobody_is_sent_to_another_site(path: str, here: str) -> None:
    assert gate.here(path) == here


def test_the_cookie_is_for_this_site_alone_and_with_tls_only_over_it(visitor: Visitor) -> None:
    settings = replace(SETTINGS, portal_url="https://testserver", clock_file="x")
    client = TestClient(application(settings), base_url="https://testserver", follow_redirects=False)
    Member()
    from decisions.links import PageLinks

    answer = client.get(PageLinks(settings).trial("login-" + CVR).removeprefix("https://testserver"))

    cookie = answer.headers["set-cookie"].lower()
    assert cookie.startswith("__host-rykker=")
    assert all(word in cookie for word in ("httponly", "secure", "samesite=lax", "path=/"))
    assert "strict-transport-security" in answer.headers


def test_what_somebody_saw_and_did_is_written_down(visitor: Visitor) -> None:
    member = Member()

    member.get("/profile/login")
    member.post("/profile/login/email", email="no address", confirm="x")
    member.post("/logout")

    assert audited() == [
        (member.email, "saw login", ""),
        (member.email, "tried login e-mail", "no address"),
        (member.email, "did logout", ""),
    ]


def test_what_came_to_nothing_is_written_down_too(visitor: Visitor) -> None:
    member = Member()

    member.get("/invoices/9999")
    member.post("/invoices/9999", do="answer", choice="waive")
    member.client.post("/invoices/9999", data={"form": "forged", "do": "answer"})
    member.post("/invoices/pick")

    assert audited() == [
        (member.email, "tried invoice", "9999"),
        (member.email, "tried invoice", "9999/answer/waive"),
        (member.email, "tried invoice", "9999/answer"),
        (member.email, "tried pick of invoices", ""),
    ]


def test_what_a_form_says_in_the_log_is_bounded_and_on_one_line(visitor: Visitor) -> None:
    member = Member()

    member.post("/invoices/9999", do="x\n\u202ey" + "z" * 500)

    ((_, _, subject),) = audited()
    assert subject.startswith("9999/x yz")
    assert len(subject) <= 110


def test_a_message_after_a_form_is_one_of_ours(visitor: Visitor) -> None:
    member = Member()

    assert "Adgangskoden er skiftet" in plain(member.get("/profile/login?done=password").text)
    assert "<b>" not in member.get("/profile/login?done=<b>x</b>").text
    assert 'id="done"' not in member.get("/profile/login?done=nothing").text
