"""Links, forms, limits and headers: what holds whoever knocks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from peewee import OperationalError
from structlog.testing import capture_logs

from common import db
from common.secrets import Links
from common.settings import Settings
from common.tables import Company
from decisions.app import application
from decisions.guard import HEADERS
from tests.unit.decisions.cases import (
    MONDAY,
    OTHER_CVR,
    SETTINGS,
    Visitor,
    answers,
    company,
    invoice,
    objections,
    procedure,
    said,
    stop_clock,
)
from tests.unit.decisions.member import Member

HALF_A_YEAR = timedelta(days=181)


def forged(visitor: Visitor) -> dict[str, str]:
    good = visitor.answer_link(procedure())
    return {
        "changed": good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB"),
        "cut": good[:-10],
        "no token at all": "/answer/x",
        "another purpose": good.replace("/answer/", "/digest/"),
        "the company's link as the debtor's": good.replace("/answer/", "/claim/"),
        "the debtor's link as the company's": visitor.claim_link("p-2041").replace("/claim/", "/answer/"),
        "another company's claim": visitor.claim_link("p-2041", cvr=OTHER_CVR),
        "no such claim": visitor.claim_link("p-9999"),
        "another secret": Visitor(Settings(secret="t" * 40))
        .answer_link("p-2041")
        .replace("127.0.0.1:8000", "testserver"),
        "another company": visitor.answer_link("p-2041", cvr=OTHER_CVR),
        "another choice": "/answer/"
        + Links(SETTINGS.secret, "answer", HALF_A_YEAR).sign({"c": "1", "p": "2", "w": "3"}),
        "no such procedure": visitor.answer_link("p-9999"),
        "no such digest": visitor.digest_link("nothing"),
        "strange letters": "/answer/%00%ff%F0%9F%92%A9",
        "no page": "/nothing/here",
        "climbing out": "/static/..%2f..%2fapp.py",
        "slash behind": good + "/",
    }


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_link_that_is_no_good_gets_a_plain_page(visitor: Visitor, method: str) -> None:
    company(OTHER_CVR)
    for what, link in forged(visitor).items():
        response = visitor.client.request(method, link)

        assert response.status_code in ((403, 404, 405, 415) if method == "POST" else (404,)), what
        assert "token" not in response.text
        if method == "GET":
            assert "Siden findes ikke" in response.text, what
            assert "There is no such page" in response.text, what
    assert answers() == []


def test_a_button_decides_nothing_for_another_company(visitor: Visitor) -> None:
    company(OTHER_CVR)
    procedure()

    response = visitor.press(visitor.answer_link("p-2041", cvr=OTHER_CVR), "stop")

    assert response.status_code == 404
    assert answers() == []


def test_an_expired_link_says_what_to_do(visitor: Visitor, tmp_path: Path) -> None:
    link = visitor.answer_link(procedure())
    claim, form = visitor.claim_link("p-2041"), visitor.form(link)
    stop_clock(tmp_path, MONDAY + HALF_A_YEAR)

    shown, pressed = visitor.open(link), visitor.press(link, "start", form)
    told, objected = visitor.open(claim), visitor.object(claim, "call", phone="12345678")

    assert {response.status_code for response in (shown, pressed, told, objected)} == {410}
    assert "Linket er udløbet" in shown.text
    assert "The link has expired" in told.text
    assert answers() == []
    assert objections() == []


def test_a_form_is_good_for_its_own_link_only(visitor: Visitor) -> None:
    mine, other = visitor.answer_link(procedure()), visitor.answer_link(procedure(of=invoice("2")), "stop")
    signed = Links(SETTINGS.secret, "answer", HALF_A_YEAR).sign({"t": "x"})

    for form in ("", "x", visitor.form(other), signed, mine.rsplit("/", 1)[1]):
        response = visitor.press(mine, "start", form)

        assert response.status_code == 403
        assert "Intet er ændret" in response.text
    assert answers() == []
    assert said() == []


@pytest.mark.parametrize("choice", ["", "START", "maybe", "start\x00"])
def test_an_unknown_choice_changes_nothing(visitor: Visitor, choice: str) -> None:
    response = visitor.press(visitor.answer_link(procedure()), choice)

    assert response.status_code == 400
    assert answers() == []


@pytest.mark.parametrize("make", [Visitor.answer_link, Visitor.claim_link])
def test_a_body_that_is_no_form_changes_nothing(visitor: Visitor, make: Callable[[Visitor, str], str]) -> None:
    link = make(visitor, procedure())
    form = {"choice": "start", "kind": "withdraw", "form": visitor.form(link)}

    as_json = visitor.client.post(link, json=form)
    broken = visitor.client.post(link, content=b"--x\r\nbad", headers={"Content-Type": "multipart/form-data"})
    many = visitor.client.post(link, data=form | {f"f{n}": "" for n in range(9)}, headers={})
    a_file = visitor.client.post(link, data={"form": form["form"]}, files={"choice": ("x", b"start")})

    assert {as_json.status_code, broken.status_code, a_file.status_code} == {415}
    assert many.status_code == 400
    assert (answers(), objections(), said()) == ([], [], [])


def test_bodies_have_a_limit_also_when_they_come_in_pieces(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    form = f"choice=start&form={visitor.form(link)}&pad=".encode()
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}

    whole = visitor.client.post(link, content=form + b"x" * 17000, headers=urlencoded)
    pieces = visitor.client.post(link, content=iter([form, b"x" * 9000, b"x" * 9000]), headers=urlencoded)
    lying = visitor.client.post(link, content=form, headers=urlencoded | {"Content-Length": "-5"})

    assert (whole.status_code, pieces.status_code, lying.status_code) == (413, 413, 413)
    assert "Det var for meget" in whole.text
    assert "Det var for meget" in pieces.text
    assert answers() == []


def test_a_body_that_comes_drop_by_drop_is_not_waited_for(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("decisions.guard.PATIENCE", 0.2)
    answer = list[Any]()

    async def drop() -> Any:
        await asyncio.sleep(0.05)
        return {"type": "http.request", "body": b"x", "more_body": True}

    async def send(message: Any) -> None:
        answer.append(message)

    headers = [(b"content-type", b"application/x-www-form-urlencoded"), (b"host", b"testserver")]
    scope: dict[str, Any] = {
        "type": "http",
        "method": "POST",
        "path": "/login",
        "raw_path": b"/login",
        "query_string": b"",
    }
    scope |= {"headers": headers, "scheme": "http", "server": None, "client": ("10.0.0.1", 1), "http_version": "1.1"}
    asyncio.run(asyncio.wait_for(application(SETTINGS)(scope, drop, send), 5))

    assert answer[0]["status"] == 408
    assert (b"connection", b"close") in answer[0]["headers"]
    assert (b"cache-control", b"no-store") in answer[0]["headers"]


def test_an_address_with_a_sign_that_no_text_has_leads_nowhere(database: str, tmp_path: Path) -> None:
    stop_clock(tmp_path)
    company()
    member, operator = Member(), Member(None)

    answers = [operator.get("/operator/companies/%00"), operator.get("/operator/letters/%00/%00")]
    answers += [operator.post("/operator/companies/%00/invite", email="a@b.example")]
    answers += [member.get("/invoices/%00"), member.post("/invoices", choice="start", procedure="p\0")]

    assert [answer.status_code for answer in answers] == [404, 404, 404, 404, 200]
    assert said() == []


def test_long_addresses_are_refused(visitor: Visitor) -> None:
    assert visitor.open("/answer/" + "x" * 3000).status_code == 414
    assert visitor.open(visitor.answer_link(procedure()) + "?utm=" + "x" * 3000).status_code == 414


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "BREW"])
def test_other_methods_are_refused(visitor: Visitor, method: str) -> None:
    link = visitor.answer_link(procedure())

    answer, healthz = visitor.client.request(method, link), visitor.client.request(method, "/healthz")

    assert (answer.status_code, healthz.status_code) == (405, 405)
    assert answer.headers["allow"] == "GET, HEAD, POST"
    assert set(healthz.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_every_answer_has_the_headers(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    link = visitor.answer_link(procedure())
    responses = {
        200: visitor.open(link),
        303: visitor.press(link, "start"),
        403: visitor.press(link, "start", "x"),
        404: visitor.open("/answer/x"),
        405: visitor.client.put("/"),
        413: visitor.client.post(link, content=b"x" * 20000),
        414: visitor.open("/" + "x" * 3000),
    }
    monkeypatch.setattr("decisions.queries.case", lambda *_: 1 / 0)
    responses[500] = visitor.open(link)

    for status, response in responses.items():
        assert response.status_code == status
        assert response.headers.items() >= {name.lower(): value for name, value in HEADERS.items()}.items()
        assert response.headers["cache-control"] == "no-store"
        assert "strict-transport-security" not in response.headers
        assert "server" not in response.headers


def test_content_comes_from_here_alone(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())

    for response in (visitor.open(link), visitor.open(visitor.claim_link("p-2041"))):
        assert "default-src 'none'" in response.headers["content-security-policy"]
        for foreign in ("<script", "style=", "<style", " on", "http://", "https://", "javascript:"):
            assert foreign not in response.text.replace(" on ", " "), foreign


def test_https_is_kept_once_it_is_there(visitor: Visitor) -> None:
    secure = Visitor(Settings(secret="s" * 40, portal_url="https://rykker.example"))

    assert secure.open("/").headers["strict-transport-security"] == "max-age=31536000"


def test_static_files_may_be_kept(visitor: Visitor) -> None:
    from decisions.render import static

    response = visitor.open(static("portal.css"))

    assert response.status_code == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert static("portal.css") in visitor.open("/login").text
    assert visitor.open("/static/no.css").headers["cache-control"] == "no-store"


def test_the_log_has_a_line_per_request_and_no_token(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())

    with capture_logs() as lines:
        visitor.open(link)
        visitor.press(link, "start")
        visitor.open("/answer/secretly")
        visitor.client.request("SECRETLY", link)
        visitor.object(visitor.claim_link("p-2041"), "dispute", words="secretly")

    assert [(line["route"], line["method"], line["status"]) for line in lines] == [
        ("Answer", "GET", 200),
        ("Answer", "POST", 303),
        ("Answer", "GET", 404),
        ("Answer", "other", 405),
        ("Claim", "POST", 303),
    ]
    assert link.rsplit("/", 1)[1] not in str(lines)
    assert "secretly" not in str(lines).lower()


def test_health_is_the_database_answering(visitor: Visitor) -> None:
    assert visitor.open("/healthz").status_code == 200
    assert visitor.open("/healthz").headers["cache-control"] == "no-store"

    with db.connection():
        db.handle.drop_tables([Company])

    assert visitor.open("/healthz").status_code == 503


def test_without_a_database_nothing_is_lost(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    link = visitor.answer_link(procedure())
    form = visitor.form(link)

    def away(*_: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(type(db.handle.obj), "connect", away)
    shown, pressed, health = visitor.open(link), visitor.press(link, "start", form), visitor.open("/healthz")

    assert {shown.status_code, pressed.status_code, health.status_code} == {503}
    assert "Intet er gået tabt" in pressed.text
    assert pressed.headers["retry-after"] == "60"


def test_the_front_page_leads_to_the_login_which_says_that_links_in_mails_need_none(visitor: Visitor) -> None:
    front, login = visitor.open("/"), visitor.open("/login")

    assert (front.status_code, front.headers["location"]) == (303, "/login?next=%2F")
    assert login.status_code == 200
    assert "Det kræver ikke login" in login.text
