"""The ERP's door: an HTTP server and rows that mean harm, or are merely broken."""

import gc
import gzip
import ipaddress
import json
import ssl
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common import clock, db
from common import events as e
from common.cloudevents import from_wire, to_wire
from common.money import ZERO
from common.tables import Company, KnownInvoice, Outbox, SetAside
from fetcher import handlers, pages, reading, wire
from fetcher.erp import ORDINARY, Invoice, KeyRefused, Row, Unavailable, Unreadable
from fetcher.ordrestyring import Ordrestyring
from fetcher.overdue import Terms
from tests.fuzz import raw
from tests.fuzz.outcomes import outcome
from tests.unit.fetcher.fake_erp import ANE, FakeErp, bill
from tests.unit.fetcher.town import CVR, MONDAY, Town

DUE = (None, date(2026, 3, 29))
TERMS = Terms(cutoff=date(2026, 2, 23), horizon=date(2026, 1, 1), listed_from=None)
ROW: dict[str, Any] = {
    "type": 1,
    "invoice_number": 1001,
    "customer_number": "BF-1",
    "cust_name": "Ane Holm",
    "date": 1769986800,
    "payment_date": 1771196400,
    "amount_vat": 1250,
    "payed_amount": 0,
}
ODD_TEXTS = (
    "\x00",
    "Ane\x00Holm",
    "\ud800",
    "\udfff\ud800",
    "\u202egro.live",
    "\u2066\u2069",
    "\ufeff\ufffe\uffff",
    "\x1b[2J",
    "Ane\r\nBcc: all@evil.example",
    "{{ 7*7 }}",
    "</mj-text><script>alert(1)</script>",
    "' OR 1=1; DROP TABLE invoice; --",
    "../../../etc/passwd",
    "²",
    "٣",
    "Z\u0335\u0301" * 300,
    "x" * 1_000_000,
)
ENDLESS, BEYOND = "@endless", "@beyond"  # stand for numbers that Python's json can't write
odd_texts = st.sampled_from(ODD_TEXTS) | st.text(st.characters(), max_size=60)
odd_numbers = (
    st.integers() | st.floats() | st.sampled_from([10**29, 10**31, -(2**63), 2**63, 1e308, 0.1 + 0.2, -0.0, 5e-324])
)
odd_values = st.recursive(
    st.just(ENDLESS) | st.just(BEYOND) | st.none() | st.booleans() | odd_numbers | odd_texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)
DEBTOR_FIELDS = ("customer_number", "customer_name", "customer_email", "cvr", "currency_id")
FIELDS = (*ROW, "payed_date", "fi_number", "cust_cvr", "cust_city", "invoice_name", "cust_address", "currency")


@pytest.fixture
def server() -> Iterator[raw.Server]:
    with raw.running() as found:
        yield found
    _forget_connections()


def _forget_connections() -> None:
    if hasattr(wire._thread, "session"):
        wire._thread.session.close()
        del wire._thread.session
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # urllib3 leaves the socket of an impossible Content-Length to the collector
        gc.collect()


def as_json(content: object) -> bytes:
    written = json.dumps(content).encode()
    return written.replace(b'"@endless"', b"9" * 6000).replace(b'"@beyond"', b"-1e9999999999999999999999")


def as_written(number: object) -> str:
    return str(number).replace(BEYOND, "-1e9999999999999999999999").strip()


def only(body: bytes) -> object:
    """The one row of an answer."""
    content = Ordrestyring._content(body)
    assert isinstance(content, list)
    return content[0]


def erp(server: raw.Server, key: str = "a-secret-key", patience: float = 10.0) -> Ordrestyring:
    return Ordrestyring(server.url, key, patience)


def listed(server: raw.Server, body: bytes, *headers: bytes) -> list[Row]:
    server.says = raw.bytes_then_end(raw.http(body, *headers))
    return erp(server).page_after(*DUE, "0")


@contextmanager
def little_memory() -> Iterator[None]:
    """A few times the largest answer that is read, at most."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < 3 * wire.LARGEST
    finally:
        tracemalloc.stop()


# --- time ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("start", "again", "pause"),
    [
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.0),
        (b"HTTP/1.1 200 OK\r\nX-Slow: ", b"x", 0.02),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n[", b" ", 0.02),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n", 0.02),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n", b"X-Trailer: 1\r\n", 0.0),
        (b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n", gzip.compress(b""), 0.0),
        (b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1000\r\n\r\n", b" ", 0.02),
        (b"HTTP/1.1 500 No\r\n", b"X-Slow: 1\r\n", 0.02),
    ],
    ids=["continues", "header", "body", "chunks", "trailers", "empty packs", "redirect", "headers"],
)
def test_an_answer_that_never_ends_is_given_up_in_time(
    server: raw.Server, monkeypatch: pytest.MonkeyPatch, start: bytes, again: bytes, pause: float
) -> None:
    monkeypatch.setattr(wire, "CALL", 0.5)
    server.says = raw.for_ever(start, again, pause)
    began = time.monotonic()

    with pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")

    assert time.monotonic() - began < 10  # without the limit it would be as long as the server likes


def test_a_slow_answer_spoils_no_other_one(server: raw.Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.says = raw.for_ever(b"HTTP/1.1 200 OK\r\n", b"X-Slow: 1\r\n", 0.02)
    monkeypatch.setattr(wire, "CALL", 0.3)
    with pytest.raises(Unavailable, match="slow"):
        erp(server).page_after(*DUE, "0")
    monkeypatch.setattr(wire, "CALL", 60.0)

    assert len(listed(server, json.dumps([ROW]).encode())) == 1


# --- size ------------------------------------------------------------------------------------------------------------
def _bomb(wbits: int, layers: int = 1) -> bytes:
    """300 MB of blanks, packed."""
    packer = zlib.compressobj(9, wbits=wbits)
    packed = b"".join(packer.compress(b" " * 1_000_000) for _ in range(300)) + packer.flush()
    return packed if layers == 1 else gzip.compress(packed, 9)


BOMBS = {b"gzip": _bomb(31), b"deflate": _bomb(15), b"gzip, gzip": _bomb(31, layers=2)}


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found", b"401 No", b"500 No"])
@pytest.mark.parametrize("packing", BOMBS)
def test_a_bomb_is_never_unpacked(server: raw.Server, status: bytes, packing: bytes) -> None:
    headers = b"Content-Encoding: " + packing, b"Location: /x"
    server.says = raw.bytes_then_end(raw.http(BOMBS[packing], *headers, status=status))

    with little_memory(), pytest.raises((Unavailable, KeyRefused)):
        erp(server).page_after(*DUE, "0")


@pytest.mark.parametrize("status", [b"200 OK", b"302 Found"])
def test_memory_stays_flat_while_a_body_has_no_end(server: raw.Server, status: bytes) -> None:
    head = b"HTTP/1.1 " + status + b"\r\nLocation: /x\r\nContent-Length: 200000000\r\n\r\n"
    server.says = raw.for_ever(head, b" " * 1_000_000)

    with little_memory(), pytest.raises(Unavailable):
        erp(server).page_after(*DUE, "0")


# --- where it leads --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("status", [b"301 X", b"302 X", b"303 X", b"307 X", b"308 X", b"300 X"])
@pytest.mark.parametrize(
    "place", [b"{here}/secret", b"//127.0.0.1/", b"file:///etc/passwd", b"\xff\xfe", b"http://[::"]
)
def test_a_redirect_leads_nowhere(server: raw.Server, status: bytes, place: bytes) -> None:
    location = b"Location: " + place.replace(b"{here}", server.url.encode())
    server.says = raw.bytes_then_end(raw.http(b"", location, status=status))

    with pytest.raises(Unavailable, match=status.decode()[:3]):
        erp(server).page_after(*DUE, "0")

    assert len(server.heard) == 1


def test_a_cookie_of_one_company_is_never_sent_with_another_one_s_key(server: raw.Server) -> None:
    server.says = lambda line: line.sendall(raw.http(b"[]", b"Set-Cookie: session=of-the-first; Path=/"))
    erp(server, "first-key").page_after(*DUE, "0")

    erp(server, "second-key").page_after(*DUE, "0")

    assert len(server.heard) == 2
    assert all(b"cookie" not in request.lower() for request in server.heard)


# --- trust -----------------------------------------------------------------------------------------------------------
def _certificate(folder: Path, name: str) -> ssl.SSLContext:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = clock.real_now()
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), 1).not_valid_before(now - timedelta(days=1))
    names = [x509.DNSName(name), *([x509.IPAddress(ipaddress.ip_address(name))] if name[0].isdigit() else [])]
    builder = builder.not_valid_after(now + timedelta(days=1)).add_extension(x509.SubjectAlternativeName(names), False)
    signed = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True).sign(key, hashes.SHA256())
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "pem").write_bytes(secret + signed.public_bytes(serialization.Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pem")
    return context


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with raw.running(_certificate(tmp_path, "127.0.0.1")) as server:
        with pytest.raises(Unavailable, match="self-signed certificate") as refused:
            erp(server).page_after(*DUE, "0")
        _forget_connections()

    assert server.heard == []  # the key has not left
    assert "a-secret-key" not in str(refused.value)


def test_a_certificate_of_another_name_is_refused(tmp_path: Path) -> None:
    with raw.running(_certificate(tmp_path, "another.example")) as server:
        wire._session().verify = str(tmp_path / "pem")
        with pytest.raises(Unavailable, match=r"not valid for '127\.0\.0\.1'"):
            erp(server).page_after(*DUE, "0")
        _forget_connections()

    assert server.heard == []


def test_plain_words_where_tls_is_expected_are_refused(server: raw.Server) -> None:
    server.talks_first = True
    server.says = raw.bytes_then_end(raw.http(b"[]"))

    with pytest.raises(Unavailable, match="trusted"):
        Ordrestyring(server.url.replace("http:", "https:"), "key", 5.0).page_after(*DUE, "0")


# --- garbage ---------------------------------------------------------------------------------------------------------
garbage = st.binary(max_size=200) | st.builds(
    lambda version, status, headers, body: version + b" " + status + b"\r\n" + headers + b"\r\n\r\n" + body,
    st.sampled_from([b"HTTP/1.1", b"HTTP/1.0", b"HTTP/0.9", b"HTTP/9.9", b"ICY", b"http/1.1"]),
    st.sampled_from([b"200 OK", b"200", b"099 x", b"1000 x", b"-1 x", b"204 x", b"304 x", b"206 x", b"", b"2e2 x"]),
    st.lists(
        st.sampled_from(
            [
                b"Content-Length: -5",
                b"Content-Length: 1, 2",
                b"Content-Length: 0x10",
                b"Content-Length: 99999999999999999999",
                b"Transfer-Encoding: chunked",
                b"Transfer-Encoding: chunked, chunked, gzip",
                b"Content-Encoding: gzip",
                b"Content-Encoding: br",
                b"Content-Encoding: zstd",
                b"Content-Encoding: " + b"gzip, " * 50 + b"gzip",
                b"Content-Encoding: nonsense",
                b"Content-Type: text/html; charset=utf-7",
                b"Retry-After: Mon, 99 Foo 99999 25:61:61 +9999999999",
                b"Connection: \xff\xff",
                b"no colon at all",
                b" folded",
                b"\x00: \x00",
                b": empty",
                b"X: " + b"x" * 70_000,
                b"\r\n".join(b"X-%d: 1" % n for n in range(200)),
            ]
        ),
        max_size=4,
    ).map(b"\r\n".join),
    st.binary(max_size=60)
    | st.sampled_from([b"-5\r\n[]", b"ffffffffffffffffffff\r\n[]", b"1;" + b"x" * 70_000, b"[]"]),
)


@pytest.mark.filterwarnings("ignore")  # libraries may complain of what they hear
@given(answer=garbage, status=st.just(b""))
@settings(max_examples=120)
def test_whatever_comes_over_the_wire_has_a_name(server: raw.Server, answer: bytes, status: bytes) -> None:
    server.says = raw.bytes_then_end(answer)

    found = outcome(lambda: erp(server, patience=3.0).page_after(*DUE, "0"), Unavailable, KeyRefused)

    assert isinstance(found, list | Unavailable | KeyRefused)
    assert "a-secret-key" not in str(found)


json_texts = st.binary(max_size=60) | st.sampled_from(
    [
        b"[1e999999]",
        b"[1e9999999999999999999999]",
        b"[-1e-9999999999999999999999]",
        b"[" + b"9" * 100_000 + b"]",
        b"[0." + b"9" * 100_000 + b"]",
        b"[NaN, Infinity, -Infinity]",
        b"[" * 900 + b"]" * 900,
        b"[" * 5_000_000,
        b'{"data":' * 100_000,
        b'["\\ud800", "\\udfff\\ud800", "\\u0000"]',
        b'["\xff\xfe\xc3"]',
        b"\xef\xbb\xbf[]",
        b"\xff\xfe[\x00]\x00",
        b"[]]",
        b"[],",
        b"[1 2]",
        b"'[]'",
        b"[\x00]",
    ]
)


@given(body=json_texts)
def test_whatever_is_called_json_has_a_name(body: bytes) -> None:
    content = outcome(lambda: Ordrestyring._content(body), Unavailable)

    if isinstance(content, Unavailable):
        assert len(str(content)) < 300
    for row in content if isinstance(content, list) else [content]:
        assert isinstance(reading.invoice(row), Invoice | Unreadable)


# --- rows ------------------------------------------------------------------------------------------------------------
@given(changes=st.dictionaries(st.sampled_from(FIELDS), odd_values, max_size=4))
@settings(max_examples=400)
@example({"amount_vat": ENDLESS})
@example({"invoice_number": "x" * 10_000})
@example({"invoice_number": "10\x0001"})
@example({"payment_date": -62135596800})
@example({"payment_date": 253402300799})
@example({"date": 1775000000})
@example({"amount_vat": -1250})
@example({"amount_vat": 10**9, "payed_amount": 10**9 + 1})
@example({"payed_date": 4070908800})
@example({"payed_date": -62135596800})
@example({"currency": "EUR"})
@example({"currency": "\x00"})
def test_a_row_is_read_so_that_both_databases_can_hold_it_or_set_aside(changes: dict[str, Any]) -> None:
    wire_form = as_json([ROW | changes])

    content = only(wire_form)
    row = reading.invoice(content)

    texts = [value for value in vars(row).values() if isinstance(value, str)]
    assert all(text.isprintable() and len(text) <= 300 for text in texts)
    assert "\ufffd" not in row.number
    if isinstance(row, Invoice):
        assert row.number == as_written((ROW | changes)["invoice_number"])
        assert row.amount == row.amount.quantize(ZERO)
        assert row.due_on.year in reading.YEARS
        assert row.type != ORDINARY or (row.amount >= ZERO and row.due_on >= (row.issued_on or row.due_on))
    else:
        assert row.reason


@given(row=st.dictionaries(st.sampled_from(DEBTOR_FIELDS), odd_values))
def test_a_debtor_is_read_or_nobody(row: dict[str, Any]) -> None:
    content = only(as_json([row]))

    found = reading.debtor(content)

    if found:
        number = found.number if isinstance(found, Unreadable) else found.customer_number
        assert number == as_written(row["customer_number"])
        assert all(str(value).isprintable() for value in vars(found).values())
    if isinstance(found, e.Debtor):
        assert found.email is None or found.email.isascii()


@pytest.mark.parametrize("number", ["..", ".", "x" * 41, "10\x0001", "10\ud80001", "A  1", "\u202e1001", "10\ufffd1"])
def test_a_number_that_can_t_be_asked_for_is_set_aside(number: str) -> None:
    row = reading.invoice(ROW | {"invoice_number": number})

    assert isinstance(row, Unreadable)
    assert row.reason.startswith("invoice_number is")


@pytest.mark.parametrize("number", ["10/01", "10|01", "10?x=1", "10#1", "10%2f1", "' OR 1=1 --", "²", "٣", "å"])
def test_any_other_number_is_asked_for_as_it_is(server: raw.Server, number: str) -> None:
    server.says = raw.bytes_then_end(raw.http(json.dumps(ROW | {"invoice_number": number}).encode()))

    row = erp(server).invoice(number)

    assert isinstance(row, Invoice)
    assert row.number == number
    assert server.heard[0].count(b"\r\n") == len(server.heard[0].splitlines())
    assert server.heard[0].split()[1].startswith(b"/debtor-invoices/")
    assert server.heard[0].split()[1].count(b"/") == 2


# --- pages -----------------------------------------------------------------------------------------------------------
class _Restless(FakeErp):
    """Gives the pages of a script for ever, whatever page is asked for."""

    def __init__(self, *script: list[Row]) -> None:
        super().__init__(obeys=False)
        self.script, self.turn = script, 0

    def page_after(self, due_from: date | None, due_until: date, number: str) -> list[Row]:
        return self.page(due_from, due_until, 1)

    def page(self, due_from: date | None, due_until: date, page: int) -> list[Row]:
        self.turn += 1
        return self.script[self.turn % len(self.script)]


numbers = st.sampled_from(["1", "2", "3", "²", "a|b", "", "7" * 40])
scripts = st.lists(st.lists(numbers, min_size=1, max_size=3), min_size=1, max_size=6)


def _rows(names: list[str]) -> list[Row]:
    return [bill(name) if name else Unreadable("", "nameless") for name in names]


@given(script=scripts)
@example([["1"], ["2"]])
@example([[""]])
@example([["²"]])
def test_pages_that_come_round_and_round_end(script: list[list[str]]) -> None:
    books, cursor, read = _Restless(*map(_rows, script)), pages.START, 0
    is_named = any(name for names in script for name in names)

    while cursor and read <= 200:
        try:
            cursor = pages.read(books, cursor, TERMS, lambda *_: []).then  # type: ignore[assignment]
        except Unavailable:
            break
        read += 1

    assert read <= 200 or not is_named


def test_a_list_without_any_names_ends_at_its_limit() -> None:
    books = _Restless(_rows([""]))

    with pytest.raises(Unavailable, match="does not end"):
        pages.read(books, f"page:{pages.MOST_PAGES}:", TERMS, lambda *_: [])


def test_a_list_that_counts_upwards_for_ever_ends_at_its_limit(town: Town) -> None:
    town.begin()
    town.hear(town.said()[-1])
    with db.transaction():
        run = town.run()
        run.seen = pages.MOST_ROWS
        run.save()
    town.erp.has(bill())
    asked = len(town.erp.calls)
    again = e.FetchPageRequested(company=CVR, fetch_id="f1", cursor="after:1", attempt=1)

    town.hear(again)

    assert len(town.erp.calls) == asked
    assert "does not end" in town.run().reason


@pytest.fixture
def town(sqlite: str) -> Town:
    return Town()


def test_rows_that_contradict_each_other_are_set_aside_by_name_and_the_others_come_in(database: str) -> None:
    town = Town()
    town.erp = _Restless([bill("7", paid=bill().amount), bill("7"), bill("8"), bill("9"), bill("9")])

    town.fetch()

    assert town.news() == ["invoice.overdue 8 1", "invoice.overdue 9 1"]
    with db.connection():
        assert [(row.number, row.reason) for row in SetAside.select()] == [("7", "it is listed twice, and differently")]


def test_one_bad_invoice_and_one_bad_company_stop_no_other(database: str, server: raw.Server) -> None:
    bad = [ROW | {"invoice_number": 2000 + n, "cust_name": text} for n, text in enumerate(ODD_TEXTS)]
    bad += [ROW | {"invoice_number": text} for text in ODD_TEXTS]
    bad += [ROW | {"invoice_number": 3000, "amount_vat": ENDLESS}, ROW | {"invoice_number": 3001, "amount_vat": BEYOND}]
    rows = as_json([*bad, ROW])
    company, other = Town(), "10150817"
    with db.transaction():
        row = {"cvr": other, "name": "b", "email": "b@b.example", "api_key": "x", "created_at": MONDAY}
        Company.insert(row).execute()
    answers = {other: b"[" * 100_000, CVR: rows}

    def fetched(cvr: str) -> None:
        begin = e.FetchRequested(company=cvr, fetch_id=f"f-{cvr}", business_date=MONDAY.date(), occasion="daily")
        company.hear(begin)
        for said in company.said(e.FetchPageRequested):
            if said.company == cvr:
                page = e.FetchPageRequested(company=cvr, fetch_id=f"f-{cvr}", cursor="page:1:", id=f"id-{cvr}")
                server.says = lambda line: line.sendall(
                    raw.http(answers[cvr] if b"/debtor-invoices?" in server.heard[-1] else b"[]")
                )
                handlers.on_fetch_page_requested(page, now=MONDAY, open_erp=lambda key: erp(server))

    fetched(other)
    fetched(CVR)

    with db.connection():
        known = {row.number for row in KnownInvoice.select().where(KnownInvoice.company == CVR)}
        aside = {row.number for row in SetAside.select()}
        assert KnownInvoice.select().where(KnownInvoice.company == other).count() == 0
        assert all(from_wire(row.body) for row in Outbox.select())
    assert {"1001", *(str(2000 + n) for n in range(len(ODD_TEXTS)))} <= known
    assert {"3000", "3001"} <= aside


@given(name=odd_texts, number=odd_texts, line=odd_texts)
@settings(max_examples=60)
def test_what_the_erp_calls_things_goes_through_database_and_events(
    town: Town, name: str, number: str, line: str
) -> None:
    texts = {"cust_name": name, "invoice_number": f"n{number}", "fi_number": line, "cust_city": name}
    content = only(as_json([ROW | texts]))
    row = reading.invoice(content)
    town.erp = FakeErp(obeys=False, pages=False)
    town.erp.has(row)

    town.fetch(str(uuid4()))

    if isinstance(row, Invoice):
        assert town.state(row.number).debtor.name in (row.customer_name, ANE.name)
        assert msgspec.json.encode(town.state(row.number))
    for event in town.said(e.InvoiceEvent):
        assert from_wire(to_wire(event, source="tests", time=MONDAY)) == event
