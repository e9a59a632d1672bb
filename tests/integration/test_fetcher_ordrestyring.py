"""Ordrestyring's client against a server that does what the test says, on a socket of its own."""

import base64
import gzip
import threading
import time
import tracemalloc
from collections.abc import Iterator
from datetime import date, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import msgspec
import pytest
import requests

from common import clock
from common.events import Debtor
from fetcher import wire
from fetcher.erp import Invoice, KeyRefused, Owner, Unavailable, Unreadable
from fetcher.ordrestyring import Ordrestyring

KEY = "sécret-kéy"
DUE = (None, date(2026, 3, 29))
ROW = {"type": 1, "invoice_number": 1001, "customer_number": "BF-1", "payment_date": 1771196400, "amount_vat": 1250}


class Server(ThreadingHTTPServer):
    """Answers calls one after the other with `answers` (the last one for ever), and remembers what was asked."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Door)
        self.answers: list[tuple[int, dict[str, str], bytes]] = []
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.keys: list[str] = []
        self.connections: set[Any] = set()
        self.pace = 0.0  # seconds between bytes

    def will(self, *contents: object, status: int = 200, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        bodies = [body if isinstance(body, bytes) else msgspec.json.encode(body) for body in contents]
        self.answers += [(status, {"Content-Length": str(len(body))} | named, body) for body in bodies]

    def handle_error(self, *_: object) -> None:
        """The client has had enough; nothing to print."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        self.server.asked.append((parts.path, {name: values[0] for name, values in parse_qs(parts.query).items()}))
        self.server.keys.append(base64.b64decode(self.headers["Authorization"].split()[1]).decode())
        self.server.connections.add(self.client_address)
        answers = self.server.answers
        status, headers, body = answers.pop(0) if len(answers) > 1 else answers[0]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self._write(body)
        if int(headers["Content-Length"]) != len(body):
            self.close_connection = True

    def _write(self, body: bytes) -> None:
        try:
            if not self.server.pace:
                self.wfile.write(body)
                return
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.pace)
        except OSError:
            pass  # the client has had enough

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
    if hasattr(wire._thread, "session"):
        wire._thread.session.close()


def erp(server: Server, patience: float = 10.0) -> Ordrestyring:
    return Ordrestyring(server.url + "/", KEY, patience)


# --- questions -------------------------------------------------------------------------------------------------------
def test_the_list_is_asked_for_as_the_facts_say(server: Server) -> None:
    server.will([ROW])

    (row,) = erp(server).page_after(date(2026, 3, 29), date(2026, 10, 25), "1000")

    assert isinstance(row, Invoice)
    assert server.keys == [f"{KEY}:x"]
    assert server.asked == [
        (
            "/debtor-invoices",
            {
                "type": "1",
                "payment_date-min": "1774738800",  # 2026-03-29 00:00 +01:00
                "payment_date-max": "1792969199",  # 2026-10-25 23:59:59 +01:00, the day has 25 hours
                "sortby": "invoice_number",
                "pagesize": "100",
                "invoice_number-gt": "1000",
            },
        )
    ]


def test_pages_have_numbers_where_they_must_and_begin_at_any_date(server: Server) -> None:
    server.will([])

    assert erp(server).page(*DUE, page=3) == []

    ((_, question),) = server.asked
    assert (question["page"], question["payment_date-min"]) == ("3", "1")
    assert "invoice_number-gt" not in question


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_malformed_row_is_one_row(server: Server, wrapped: bool) -> None:
    rows = [ROW, ROW | {"invoice_number": 1002, "amount_vat": "abc"}, None]
    server.will({"data": rows} if wrapped else rows)

    found = erp(server).page_after(*DUE, "0")

    assert [type(row) for row in found] == [Invoice, Unreadable, Unreadable]


def test_decimals_never_pass_through_float(server: Server) -> None:
    server.will(b'[{"type": 1, "invoice_number": 1, "payment_date": 1771196400, "amount_vat": 1234567.005}]')

    (row,) = erp(server).page_after(*DUE, "0")

    assert str(row.amount) == "1234567.01"  # type: ignore[union-attr]


def test_several_are_asked_for_in_batches_and_again_while_a_capped_server_gives_more(server: Server) -> None:
    numbers = [str(number) for number in range(1000, 1070)]
    for batch in (range(1000, 1040), range(1040, 1050), range(1050, 1060), range(1060, 1069)):
        server.will([ROW | {"invoice_number": number} for number in batch])
    server.will([ROW | {"invoice_number": 9999}])

    found = erp(server).invoices([*numbers, "A|1"])

    assert [row.number for row in found] == numbers[:69]
    asked = [question["invoice_number"].split("|") for _, question in server.asked]
    assert [len(batch) for batch in asked] == [50, 10, 20, 10, 1]


def test_debtors_are_asked_for_by_their_text_numbers(server: Server) -> None:
    server.will(
        [{"customer_number": "BF-1", "customer_name": "Ane"}, {"customer_number": 77}], [], {"customer_number": "a|b/c"}
    )

    found = erp(server).debtors(["BF-1", "77", "a|b/c", "x&y=1"])

    assert list(found) == ["BF-1", "77", "a|b/c"]
    assert [(unquote(path), question.get("customer_number")) for path, question in server.asked] == [
        ("/debtors", "BF-1|77|x&y=1"),
        ("/debtors", "x&y=1"),
        ("/debtors/a|b/c", None),
    ]
    assert server.asked[2][0] == "/debtors/a%7Cb%2Fc"


def test_a_debtor_who_can_t_be_read_is_named(server: Server) -> None:
    server.will([{"customer_number": "BF-1", "currency_id": "EUR"}, {"customer_number": "BF-2", "currency_id": 1}])

    found = erp(server).debtors(["BF-1", "BF-2"])

    assert list(found) == ["BF-1", "BF-2"]
    assert found["BF-1"] == Unreadable("BF-1", "currency_id is 'EUR'")
    assert isinstance(found["BF-2"], Debtor)


def test_one_invoice_is_there_or_absent_or_another(server: Server) -> None:
    server.will(ROW, {"data": ROW}, ROW)
    server.will({"message": "This item does not exists"}, status=404)

    assert erp(server).invoice("1001") == erp(server).invoice("1001") is not None
    assert erp(server).invoice("1002") == Unreadable("1002", "asked for by itself, the ERP answered with '1001'")
    assert erp(server).invoice("1003") is None
    assert server.asked[-1] == ("/debtor-invoices/1003", {})


def test_a_connection_is_used_again(server: Server) -> None:
    server.will([])

    for _ in range(3):
        erp(server).page_after(*DUE, "0")

    assert len(server.connections) == 1


# --- what goes wrong -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_is_no_other_fault(server: Server, status: int) -> None:
    server.will({"message": "Unauthorized"}, status=status)

    with pytest.raises(KeyRefused) as refused:
        erp(server).page_after(*DUE, "0")

    assert KEY not in str(refused.value)


@pytest.mark.parametrize("status", [204, 301, 302, 400, 404, 418, 429, 500, 503])
def test_every_other_status_is_an_erp_that_is_away(
    server: Server, status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    server.will(b"", status=status, Location=f"{server.url}/elsewhere")

    with pytest.raises(Unavailable, match=str(status)):
        erp(server).page_after(*DUE, "0")

    assert [path for path, _ in server.asked] == ["/debtor-invoices"]  # redirects are not followed
    said = "".join(capsys.readouterr())
    assert str(status) in said
    assert KEY not in said


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("7", 7), ("0", 0), ("99999", 3600), ("9" * 400, 3600), ("soon", None), ("", None), ("-5", None)],
)
def test_retry_after_is_honoured_up_to_an_hour(server: Server, text: str, seconds: float | None) -> None:
    server.will([], status=429, Retry_After=text)

    with pytest.raises(Unavailable) as away:
        erp(server).page_after(*DUE, "0")

    assert away.value.retry_after == seconds


@pytest.mark.parametrize(("minutes", "least", "most"), [(10, 590, 600), (-10, 0, 0), (600, 3600, 3600)])
def test_retry_after_may_be_a_date(server: Server, minutes: int, least: int, most: int) -> None:
    at = clock.real_now() + timedelta(minutes=minutes)
    server.will([], status=503, Retry_After=format_datetime(at, usegmt=True))

    with pytest.raises(Unavailable) as away:
        erp(server).page_after(*DUE, "0")

    assert away.value.retry_after is not None
    assert least <= away.value.retry_after <= most


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'[{"a": ', b"[" * 100_000, b'[{"a": 1e}]', b"\xff", b"{}", b'"text"', b"null", b'{"data": {}}'],
    ids=lambda body: body[:9],
)
def test_an_answer_that_is_no_list_is_an_erp_that_is_away(server: Server, body: bytes) -> None:
    server.will(body)

    with pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")


def test_a_body_that_is_cut_is_an_erp_that_is_away(server: Server) -> None:
    server.will(b"[]", Content_Length="100")

    with pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")


def test_a_body_that_is_no_gzip_is_an_erp_that_is_away(server: Server) -> None:
    server.will(b"not packed at all", Content_Encoding="gzip")

    with pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")


def test_a_bomb_ends_at_its_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1_000_000)
    server.will(gzip.compress(b" " * 50_000_000, 1), Content_Encoding="gzip")
    server.will(gzip.compress(msgspec.json.encode([ROW])), Content_Encoding="gzip")
    tracemalloc.start()

    with pytest.raises(Unavailable, match="larger"):
        erp(server).page_after(*DUE, "0")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 10_000_000
    assert len(erp(server).page_after(*DUE, "0")) == 1


def test_a_slow_drip_ends_at_its_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CALL", 0.1)
    server.pace = 0.02
    server.will([ROW] * 10)
    began = time.monotonic()

    with pytest.raises(Unavailable, match="slow"):
        erp(server).page_after(*DUE, "0")

    assert time.monotonic() - began < 10  # without the limit it would be a minute


def test_silence_ends_at_its_limit(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "READ", 0.05)
    server.pace = 0.2
    server.will([ROW])

    with pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")


def test_patience_ends_for_all_calls_together(server: Server) -> None:
    server.will([])
    books = erp(server, patience=0.05)
    books.page_after(*DUE, "0")
    time.sleep(0.06)

    with pytest.raises(Unavailable, match="slow"):
        books.page_after(*DUE, "0")

    assert len(server.asked) == 1


def test_nobody_listening_is_an_erp_that_is_away_and_says_no_key(server: Server) -> None:
    nobody = Ordrestyring("http://127.0.0.1:9", KEY, 5.0)

    with pytest.raises(Unavailable, match="ConnectionError") as away:
        nobody.invoice("1001")

    assert away.value.__cause__ is None
    assert KEY not in repr(away.value)


def test_a_key_with_a_line_break_reaches_no_header_of_its_own(server: Server) -> None:
    server.will([])

    Ordrestyring(server.url, "key\r\nX-Evil: 1", 5.0).page_after(*DUE, "0")

    assert server.keys == ["key\r\nX-Evil: 1:x"]


def test_each_thread_has_a_session_of_its_own() -> None:
    found: list[requests.Session] = []

    for _ in range(2):
        thread = threading.Thread(target=lambda: found.append(wire._session()))
        thread.start()
        thread.join()

    assert found[0] is not found[1]
    assert found[0].verify is True
    assert found[0].trust_env is False


# --- whose a key is --------------------------------------------------------------------------------------------------
def test_the_root_says_whose_a_key_is(server: Server) -> None:
    server.will({"user": {"name": "Ole"}, "customer": {"name": "Jensen VVS ApS", "cvr": 12345674}})

    assert erp(server).whose() == Owner("Jensen VVS ApS", "12345674")
    assert server.asked == [("/", {})]
    assert server.keys == [f"{KEY}:x"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_the_root_refuses_is_refused(server: Server, status: int) -> None:
    server.will(b"", status=status)

    with pytest.raises(KeyRefused):
        erp(server).whose()


@pytest.mark.parametrize("status", [302, 429, 500, 503])
def test_a_root_that_is_away_is_no_refusal(server: Server, status: int) -> None:
    server.will(b"", status=status, Retry_After="60")

    with pytest.raises(Unavailable) as away:
        erp(server).whose()

    assert away.value.retry_after == 60


HOSTILE = [
    b"<!doctype html><title>Hosting A/S</title>",
    b"\xff\xfe\x00",
    b"",
    b"[" * 100_000,
    b"null",
    b'{"name": 1e5, "cvr": true}',
    b'{"name": "' + b"\\u0000" * 1000 + b'"}',
    b"[" + b"{}," * 500_000 + b"{}]",
]


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_where_the_root_names_nobody_the_list_of_invoices_decides(server: Server, body: bytes) -> None:
    server.will(body)
    server.will([ROW])

    assert erp(server).whose() == Owner()
    assert [path for path, _ in server.asked] == ["/", "/debtor-invoices"]


@pytest.mark.parametrize("body", HOSTILE[:3], ids=range(3))
def test_a_page_that_answers_everything_opens_no_books(server: Server, body: bytes) -> None:
    """Of a host that is down for repair, say: its page would otherwise put any key in use."""
    server.will(body)

    with pytest.raises(Unavailable):
        erp(server).whose()


def test_a_key_that_the_list_refuses_is_refused_whatever_the_root_says(server: Server) -> None:
    server.will({"welcome": "to the API"})
    server.will(b"", status=401)

    with pytest.raises(KeyRefused):
        erp(server).whose()


def test_a_root_that_is_not_there_leaves_it_to_the_list(server: Server) -> None:
    server.will({"message": "This item does not exists"}, status=404)
    server.will([])

    assert erp(server).whose() == Owner()


def test_an_endless_root_is_not_read_to_its_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST", 1000)
    server.will({"name": "x" * 2000})

    with pytest.raises(Unavailable, match="larger"):
        erp(server).whose()


def test_a_root_that_repeats_the_key_does_not_bring_it_to_a_page(server: Server) -> None:
    server.will({"name": f"key {KEY.upper()}", "cvr": "12345674"})

    assert erp(server).whose() == Owner("", "12345674")
