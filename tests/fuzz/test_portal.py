"""The portal's door: requests that no browser makes."""

import re
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from starlette.routing import Mount, Route

from common import clock, db
from common.events import Debtor
from common.tables import TABLES, Company, Objection, Outbox, Procedure
from decisions.app import ROOMS, ROUTES
from deploy.servers import free_port
from tests.integration.test_decisions import environment, link_of, running
from tests.unit.decisions import cases
from tests.unit.decisions.cases import Visitor, company, in_digest, procedure, stop_clock
from tests.unit.decisions.member import Member

METHODS = ("GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND")
CHARSETS = (
    "unicode_escape",
    "raw_unicode_escape",
    "idna",
    "punycode",
    "utf-7",
    "utf-16",
    "hex",
    "zlib",
    "\x00",
    "x" * 999,
)


@pytest.fixture
def visitor(sqlite: str, tmp_path: Path) -> Visitor:
    stop_clock(tmp_path)
    company()
    return Visitor()


def contents() -> list[list[tuple[object, ...]]]:
    """Every row of every table."""
    with db.connection():
        return [list(table.select().tuples().execute()) for table in TABLES]


# --- asking changes nothing ------------------------------------------------------------------------------------------
def _addresses(visitor: Visitor) -> list[str]:
    """Every route, with links that are good."""
    answer = visitor.answer_link(procedure())
    in_digest("letter", "p-2041")
    found = [
        answer,
        visitor.claim_link("p-2041"),
        visitor.digest_link("letter"),
        "/login",
        "/forgotten",
        "/healthz",
        "/static/portal.css",
        f"{answer}?choice=start&form=x",
    ]
    paths = {urlsplit(address).path.split("/")[1] for address in found}
    open_ = ROUTES[: len(ROUTES) - len(ROOMS)]
    routes = {route.path.split("/")[1] for route in open_ if isinstance(route, Route | Mount)}
    assert paths | {"password", "trial"} == routes, "a route is missing here"  # those let in: test_logins.py
    return found


@pytest.mark.parametrize("method", METHODS)
def test_nothing_but_a_post_changes_anything(visitor: Visitor, method: str) -> None:
    addresses = _addresses(visitor)
    form = {"choice": "start", "kind": "call", "phone": "12345678"}
    before = contents()

    answers = [
        visitor.client.request(method, address, data=form | {"form": visitor.form(address)}) for address in addresses
    ]

    assert contents() == before
    assert {answer.status_code for answer in answers} <= ({200} if method in ("GET", "HEAD") else {405})


@pytest.mark.parametrize("method", [method for method in METHODS if method not in ("GET", "HEAD")])
@pytest.mark.parametrize("cvr", [cases.CVR, None])
def test_a_room_takes_no_other_method_even_of_who_is_logged_in(visitor: Visitor, method: str, cvr: str | None) -> None:
    member = Member(cvr)
    before = contents()

    answers = [
        member.client.request(method, re.sub(r"{[^}]*}", "1", room.path), data={"form": member.word}) for room in ROOMS
    ]

    assert contents() == before
    assert {answer.status_code for answer in answers} <= {404, 405}


def test_a_method_can_t_be_another_one_in_disguise(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "POST", "X-HTTP-Method": "POST"}
    form = {"choice": "start", "form": visitor.form(link), "_method": "POST"}
    before = contents()

    visitor.client.request("GET", link, headers=headers, data=form)

    assert contents() == before


# --- forms -----------------------------------------------------------------------------------------------------------
bodies = st.binary(max_size=200) | st.lists(
    st.sampled_from(
        [b"choice=start", b"choice=", b"form=%00", b"form=%ed%a0%80", b"%zz", b"&&&", b"=", b"choice[]=start"]
    ),
    max_size=6,
).map(b"&".join)
kinds = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "application/x-www-form-urlencoded; charset=unicode_escape",
        "APPLICATION/X-WWW-FORM-URLENCODED;",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=x; charset=\u00e6",
        "multipart/mixed; boundary=x",
        "application/json",
        "text/plain",
        "",
        "\xff",
    ]
)


@given(body=bodies, kind=kinds)
@settings(max_examples=150)
@example(b"a=1&" * 4000, "application/x-www-form-urlencoded")
def test_a_body_that_answers_nothing_is_refused(visitor: Visitor, body: bytes, kind: str) -> None:
    with db.connection():
        if not Procedure.select().exists():
            procedure()
    for link in (visitor.answer_link("p-2041"), visitor.claim_link("p-2041")):
        answer = visitor.client.post(link, content=body, headers={b"Content-Type": kind.encode("latin-1")})

        assert answer.status_code in (400, 403, 413, 415)
        assert "Traceback" not in answer.text
    assert (cases.answers(), cases.objections(), cases.said()) == ([], [], [])


MARK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}{words}%s\u202e"
hostile = st.text(max_size=400) | st.text(st.sampled_from("<>\"'&{}%/\\\r\n\t\x00\u2028\u202e\ufeff😀æ"), max_size=80)
typed = hostile | st.just(MARK) | st.sampled_from(["2026-11-20", "20.11.2026", "12 34 56 78", "x" * 2001, ""])


@given(
    kind=st.sampled_from(["dispute", "paid", "call", "withdraw", "", "\x00"]),
    fields=st.fixed_dictionaries({}, optional=dict.fromkeys(("words", "paid_on", "reference", "phone"), typed)),
)
@example("dispute", {"words": MARK})
@example("paid", {"paid_on": "2026-11-20", "reference": MARK[:100]})
@example("paid", {"paid_on": MARK, "reference": MARK})
@example("call", {"phone": MARK})
def test_whatever_a_debtor_types_is_shown_as_text_and_never_as_anything_else(
    visitor: Visitor, kind: str, fields: dict[str, str]
) -> None:
    with db.transaction():
        Objection.delete().execute()
        Outbox.delete().execute()
        if not Procedure.select().exists():
            procedure("running")
    claim, answer = visitor.claim_link("p-2041"), visitor.answer_link("p-2041")

    response = visitor.object(claim, kind, **fields)

    assert response.status_code in (303, 400, 409, 422)
    assert len(cases.objections()) == len(cases.said()) == (response.status_code == 303)
    for page in (response, visitor.open(claim), visitor.open(answer)):
        assert foreign(page.text) == []
        assert not UNSEEN.search(page.text)


def test_hostile_names_are_text_on_both_pages(visitor: Visitor) -> None:
    with db.transaction():
        Company.update(name=MARK, payment_details=MARK, email="a?cc=b&x='><b>@c.dk").execute()
    debtor = Debtor(customer_number="1", name=MARK, email=MARK)
    for number, payment_line in ((MARK, ""), (f"{MARK} 2", MARK)):
        claimed = procedure(
            "running", of=cases.invoice(number, debtor=debtor, payment_line=payment_line), id=payment_line[:9]
        )
        cases.line(claimed, MARK[:12], "7.00")
        for page in (visitor.open(visitor.claim_link(claimed)), visitor.open(visitor.answer_link(claimed))):
            assert page.status_code == 200
            assert "&lt;script&gt;alert(1)" in page.text
            assert foreign(page.text) == []
            assert "cc=b" not in re.sub(r">[^<]*<", "", page.text)


UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.foreign: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Nothing of ours has scripts, or comes from elsewhere."""
        names = {name for name, value in attrs if name.startswith("on") or (value or "").startswith("javascript:")}
        sources = {value for name, value in attrs if name == "src" and not (value or "").startswith("/static/")}
        if tag in ("script", "iframe", "object", "svg", "style") or names or sources:
            self.foreign.append(self.get_starttag_text() or tag)


def foreign(page: str) -> list[str]:
    """Tags that we did not write."""
    reader = _Reader()
    reader.feed(page)
    return reader.foreign


@pytest.mark.parametrize("charset", CHARSETS)
def test_a_form_in_parts_is_no_form_of_ours_whatever_its_letters(visitor: Visitor, charset: str) -> None:
    link = visitor.answer_link(procedure())
    part = b'--x\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
    body = part % (b"form", b"\\ud800") + part % (b"choice", b"start") + b"--x--\r\n"
    kind = f"multipart/form-data; boundary=x; charset={charset}"

    answer = visitor.client.post(link, content=body, headers={"Content-Type": kind})

    assert answer.status_code == 415
    assert cases.answers() == []


def test_a_redirect_holds_nothing_that_was_sent(visitor: Visitor) -> None:
    link = visitor.answer_link(procedure())
    form = {"choice": "start", "form": visitor.form(link)}
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "gopher"}

    answer = visitor.client.post(f"{link}?x=%0d%0aX-Evil:1", data=form, headers=headers)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"{urlsplit(link).path}?answered#answered"
    assert "evil" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    "odd", ["%0d%0aX-Evil:%201", "%00", "%ff", "%ed%a0%80", "/", "//evil.example", "%2f..", "=", "\u00e9"]
)
def test_a_bent_link_is_never_repeated(visitor: Visitor, odd: str) -> None:
    link = visitor.answer_link(procedure())
    form = {"choice": "start", "form": visitor.form(link)}

    for address in (link + odd, link.replace("/answer/", f"/answer/{odd}")):
        answer = visitor.client.post(address, data=form)
        assert answer.status_code in (403, 404)
        assert "location" not in answer.headers
        assert "x-evil" not in answer.headers
    assert cases.answers() == []


@pytest.mark.parametrize(
    "path",
    [
        "../app.py",
        "..%2fapp.py",
        "%2e%2e/app.py",
        "..%5capp.py",
        "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/etc/passwd",
        "%2fetc%2fpasswd",
        "portal.css/../../app.py",
        "portal.css%00.png",
        "%00",
        "%ff",
        "",
        ".",
        "a" * 300,
        "~root",
        "C:%5cx",
    ],
)
def test_nothing_but_static_files_is_static(visitor: Visitor, path: str) -> None:
    answer = visitor.client.get(f"/static/{path}")

    assert answer.status_code in (404, 405)
    assert "import" not in answer.text


# --- a real server ---------------------------------------------------------------------------------------------------
@pytest.fixture
def portal(sqlite: str, tmp_path: Path) -> Iterator[tuple[dict[str, str], subprocess.Popen[bytes]]]:
    stop_clock(tmp_path)
    company()
    env = environment(sqlite, free_port(), tmp_path)
    with running(env) as process:
        yield env, process


def _resident(process: subprocess.Popen[bytes]) -> int:
    """Bytes that the process has had in memory at most."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _said(env: dict[str, str], start: bytes, again: bytes = b"", times: int = 0) -> bytes:
    """What the server answers to these bytes; it may stop listening to them."""
    host, _, port = env["RYKKER_PORTAL_BIND"].partition(":")
    with socket.create_connection((host, int(port)), 20) as line:
        with suppress(OSError):
            line.sendall(start)
            for _ in range(times):
                line.sendall(again)
        with suppress(OSError):
            return line.recv(65536)
    return b""


def test_bodies_and_heads_without_end_cost_no_memory(
    portal: tuple[dict[str, str], subprocess.Popen[bytes]],
) -> None:
    env, process = portal
    path = urlsplit(link_of(env, procedure())).path.encode()
    post = b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    before, megabyte = _resident(process), b"x" * 1_000_000

    answers = [
        _said(env, post + b"Content-Length: 100000000\r\n\r\n", megabyte, 100),
        _said(env, post + b"Transfer-Encoding: chunked\r\n\r\n", b"f4240\r\n" + megabyte + b"\r\n", 100),
        _said(env, b"GET / HTTP/1.1\r\nHost: x\r\n", b"X-Long: " + b"x" * 10_000 + b"\r\n", 2000),
        _said(env, b"GET /" + megabyte, megabyte, 50),
        _said(env, megabyte, megabyte, 50),
    ]

    assert _resident(process) - before < 30_000_000
    assert all(answer == b"" or answer.split()[1] in (b"400", b"413", b"414", b"431") for answer in answers)
    assert httpx.get(env["RYKKER_PORTAL_URL"] + "/healthz").status_code == 200
    assert cases.answers() == []


@pytest.mark.parametrize(
    "request_",
    [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\nHost: x\r\n\r\n",
        b"GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nchoice",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
        b"POST /answer/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nx\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nX\x00: y\r\n\r\n",
        b"GET /\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
        b"CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
    ids=lambda request: request[:30],
)
def test_garbage_gets_an_answer_or_none_and_the_next_one_is_served(
    shared_portal: dict[str, str], request_: bytes
) -> None:
    answer = _said(shared_portal, request_)

    assert answer == b"" or answer.startswith(b"HTTP/1.1 ")
    assert b" 500 " not in answer.partition(b"\r\n")[0]
    assert b"evil" not in answer
    assert httpx.get(shared_portal["RYKKER_PORTAL_URL"] + "/healthz").status_code == 200


@pytest.fixture(scope="module")
def shared_portal(empty_sqlite: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("portal")
    stop_clock(folder)
    env = environment(f"sqlite:///{empty_sqlite}", free_port(), folder)
    with running(env):
        yield env
    clock.follow(None)
