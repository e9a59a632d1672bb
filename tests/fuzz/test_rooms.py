"""Behind the login: hostile texts in every row are text on every page and in every file; a hostile form is refused, or
what it leaves is valid.
"""

import csv
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from functools import cache
from html.parser import HTMLParser
from itertools import cycle
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import openpyxl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from peewee import CharField, IntegerField, TextField

from common import db
from common.tables import TABLES, Company
from decisions.choices import CHOICES
from tests.fuzz import hostile
from tests.fuzz.hostile import NUMBERS, TEXTS, storable
from tests.fuzz.test_letters import _Shape
from tests.fuzz.test_portal import UNSEEN
from tests.unit.decisions import crawling
from tests.unit.decisions.cases import CVR, stop_clock
from tests.unit.decisions.member import Member, plain

BASE = "http://testserver"
PARTS = 3  # walks that all texts and numbers are divided among
STARTS = ("=", "+", "-", "@", "\u2212")  # of what some spreadsheet takes for a formula
ANSWERS = {200, 303, 400, 404, 409, 413, 414, 415, 422, 429}
some_texts = st.lists(st.sampled_from(TEXTS) | st.text(max_size=60), min_size=1, max_size=4)
some_numbers = st.lists(st.sampled_from([*NUMBERS, *TEXTS]) | st.text(max_size=30), min_size=1, max_size=5)
Shapes = frozenset[tuple[str, tuple[str, ...]]]


@pytest.fixture
def clocked(sqlite: str, tmp_path: Path) -> None:
    stop_clock(tmp_path)


# --- pages -----------------------------------------------------------------------------------------------------------
def shapes(pages: Iterable[str]) -> Shapes:
    """Tags with the names of their attributes: what came of a text would be another one."""
    return frozenset((tag, tuple(sorted(names))) for page in pages for tag, names in _Shape(page).tags)


@cache
def usual() -> Shapes:
    """Those of a company whose customers are all called Ane."""
    hostile.fill(["Ane"] * len(TEXTS[::PARTS]), [f"{number}" for number in range(15)])
    seen = walked().pages.values()
    hostile.empty()
    return shapes(seen)


def walked() -> crawling.Walk:
    """Every page and file that links lead the company and an operator to."""
    whole = crawling.Walk()
    for member, begin in ((Member(), "/"), (Member(None), "/"), (Member(None), "/operator/failed?state=archived")):
        member.client.follow_redirects = True
        seen = crawling.walk(member.client, BASE, begin)
        whole.pages |= {f"{member.who.role} {path}": page for path, page in seen.pages.items()}
        whole.files |= seen.files
        whole.forms |= seen.forms
        whole.dead += seen.dead
    return whole


@pytest.mark.parametrize("part", range(PARTS))
def test_on_every_page_a_text_is_text_whoever_it_came_from(clocked: None, part: int) -> None:
    expected = usual()
    hostile.fill(TEXTS[part::PARTS], NUMBERS[part::PARTS])

    seen = walked()

    assert seen.dead == []
    assert len(seen.pages) > 60
    for path, page in seen.pages.items():
        assert shapes([page]) <= expected, path
        assert not UNSEEN.search(page), path


class _Links(HTMLParser):
    """Where each link leads, by its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.links, self._to = dict[str, str](), ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._to = dict(attrs).get("href") or "" if tag == "a" else ""

    def handle_data(self, data: str) -> None:
        if self._to:
            self.links[data] = self._to


def test_each_invoice_of_the_list_leads_to_its_page_and_on_to_its_letters(clocked: None) -> None:
    found = hostile.fill(["Ane"], NUMBERS)
    member = Member()
    listed = {**links(member, "/invoices"), **links(member, "/invoices?show=waiting")}
    listed |= links(member, "/invoices?show=settled")

    for number in found:
        page = member.get(listed[number])
        assert page.status_code == 200, number
        assert f" {number} ".replace("  ", " ") in f" {plain(page.text)} ", number
        for address in (href for href in links(member, listed[number]).values() if "/letters/" in href):
            assert member.get(address).status_code == 200, address


def test_each_task_leads_to_the_page_of_its_invoice(clocked: None) -> None:
    for number in ("..", "pick", "."):
        hostile.empty()
        hostile.fill(["Ane"], [number])
        member = Member()

        [address] = [to for name, to in links(member, "/tasks").items() if name == "Ane"]

        assert f"Faktura {number} " in plain(member.get(address).text)


def links(member: Member, path: str) -> dict[str, str]:
    return _Links(member.get(path).text).links


# --- files -----------------------------------------------------------------------------------------------------------
def is_formula(text: str) -> bool:
    """Whether any spreadsheet may take it for one: as it is, or once it is trimmed, or in its usual signs."""
    shown = unicodedata.normalize("NFKC", text).lstrip()
    return shown.startswith(STARTS) or text[:1] in ("\t", "\r", "\n")


def cells(answer: httpx.Response) -> Iterator[str]:
    """The texts of a CSV file; numbers and dates are left out."""
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""), delimiter=";"))
    assert {len(row) for row in rows} == {9}
    for row in rows:
        yield from (*row[:3], *row[7:])


@given(texts=some_texts, numbers=some_numbers)
@settings(max_examples=25)
@example(TEXTS[:12], ["1", "2", "3", "4", "6", "7", "8", "9", "11", "12", "13"])
@example(TEXTS[12:24], ["1", "2", "3", "4", "6", "7", "8", "9", "11", "12", "13"])
@example(TEXTS[24:], [f"{number}" for number in range(30)])
@example(["Ane"], ["=1+1", "-7", "+7", "@x", "\uff1d1", "\u22121", "'=1"])
def test_no_cell_of_a_file_is_taken_for_a_formula(clocked: None, texts: list[str], numbers: list[str]) -> None:
    hostile.empty()
    hostile.fill(texts, numbers)
    member = Member()

    for query in ("", "?show=waiting", "?show=settled"):
        for text in cells(member.get(f"/invoices.csv{query}")):
            assert not is_formula(text), text
            assert not UNSEEN.search(text), text
        book = openpyxl.load_workbook(io.BytesIO(member.get(f"/invoices.xlsx{query}").content))
        for cell in (cell for row in book.active.iter_rows() for cell in row if isinstance(cell.value, str)):
            assert cell.data_type == "s", cell.value
            assert cell.quotePrefix or not is_formula(cell.value), cell.value
            assert len(cell.value) < 32_768


@given(texts=some_texts, numbers=some_numbers)
@settings(max_examples=10)
@example(TEXTS, ["../../etc/passwd", "=1", "a\\b"])
def test_all_that_is_stored_comes_out_as_it_is(clocked: None, texts: list[str], numbers: list[str]) -> None:
    hostile.empty()
    found = hostile.fill(texts, numbers)
    member = Member()

    answer = member.post("/profile/data/export")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        assert {name for name in file.namelist() if not re.fullmatch(r"[a-z_]+\.jsonl", name)} == {"README.txt"}
        invoices = [json.loads(line) for line in file.read("known_invoice.jsonl").splitlines()]
        [company] = [json.loads(line) for line in file.read("company.jsonl").splitlines()]
    assert {row["number"] for row in invoices} == set(found)
    assert company["letterhead"] == storable(texts[0])


# --- forms -----------------------------------------------------------------------------------------------------------
FIGURES = ("-1", "0", "2147483648", "9" * 30, "1e9", "NaN", "\u0663", "2026-02-31", "0001-01-01", "31-12-9999")
FIELDS = (*TEXTS, *FIGURES)


def faults() -> list[str]:
    """What PostgreSQL would not hold, or a company could not have chosen."""
    found = []
    with db.connection():
        for table in TABLES:
            for row in table.select():
                found += [f"{table.__name__}.{name}" for name in table._meta.fields if not _fits(row, name)]
        for company in Company.select():
            found += [f"choice {name}" for name in CHOICES if not _is_allowed(company, name)]
    return found


def _fits(row: Any, name: str) -> bool:
    field, value = row._meta.fields[name], getattr(row, name)
    if isinstance(field, CharField | TextField) and isinstance(value, str):
        longest = field.max_length if isinstance(field, CharField) else 20_000
        return len(value) <= longest and "\0" not in value
    return not (isinstance(field, IntegerField) and isinstance(value, int)) or abs(value) < 2**31 or name == "amount"


def _is_allowed(company: Company, name: str) -> bool:
    try:
        CHOICES[name].checked(getattr(company, name))
    except ValueError:
        return False
    return True


def test_whatever_a_form_holds_it_is_answered_and_what_it_leaves_is_valid(clocked: None) -> None:
    hostile.fill(["Ane"], [f"{number}" for number in range(12)])
    texts, tried = cycle(FIELDS), 0
    for member in (Member(), Member(None)):
        for form in _forms(member):
            for name in sorted({name for name, _ in form.fields} - {"form"}):
                for text in (next(texts), next(texts)):
                    answer = _send(member, form, name, storable(text))
                    assert answer.status_code in ANSWERS, (form.action, name, text)
                    is_page = "html" in answer.headers.get("content-type", "")  # a file may hold any bytes
                    assert not (is_page and UNSEEN.search(answer.text)), (form.action, name, text)
                    tried += 1

    assert tried > 200
    assert faults() == []


def _forms(member: Member) -> list[crawling.Form]:
    """One of each: of the same page and with the same fields, but for those that end the session."""
    member.client.follow_redirects = True
    seen = {_shape(form): form for form in crawling.walk(member.client, BASE).forms}
    member.client.follow_redirects = False
    return [form for form in seen.values() if not form.action.endswith(("/logout", "/login/out"))]


def _shape(form: crawling.Form) -> tuple[object, ...]:
    kept = dict(form.fields)
    does = tuple(kept.get(name) for name in ("do", "choice", "act", "which"))
    return (*urlsplit(form.action).path.split("/")[1:3], tuple(name for name, _ in form.fields), does)


def _send(member: Member, form: crawling.Form, name: str, text: str) -> httpx.Response:
    named: dict[str, list[str]] = {}
    for field, value in form.fields:
        named.setdefault(field, []).append(value)
    answer: httpx.Response = member.client.post(form.action, data=named | {name: [text]})
    return answer


QUERIES = (
    *(f"/invoices?{name}={{}}" for name in ("show", "sort", "down", "after", "before", "page", "done", "search")),
    *(f"/invoices?{name}={{}}" for name in ("amount_from", "amount_to", "due_from", "due_to", "customer")),
    *(f"{path}?search={{}}" for path in ("/invoices.csv", "/invoices.xlsx")),
    *("/invoices/?number={}", "/invoices/{}", "/numbers?from={}", "/profile/key?look={}", "/login?next={}"),
    *(f"/fetches?{name}={{}}" for name in ("page", "aside", "looked")),
    *("/profile/audit?page={}", "/tasks?done={}", "/profile/timetable?due_on={}", "/profile/data?customer={}"),
)
OF_OPERATORS = (
    *(f"/operator?{name}={{}}" for name in ("search", "which", "page")),
    *(f"/operator/letters{rest}" for rest in ("?state={}", "?page={}", f"/{CVR}/{{}}")),
    *("/operator/failed?state={}", "/operator/failed/{}", "/operator/companies/{}", "/operator/numbers?from={}"),
    *(f"/operator/audit?{name}={{}}" for name in ("company", "who", "page")),
)


def test_whatever_an_address_asks_for_is_answered_and_shown_as_text(clocked: None) -> None:
    tags = {tag for tag, _ in usual()}
    hostile.fill(["Ane"], [f"{number}" for number in range(12)])
    for member, addresses in ((Member(), QUERIES), (Member(None), OF_OPERATORS)):
        for place, address in enumerate(addresses):
            for text in FIELDS[place % 4 :: 4]:
                answer = member.get(address.format(quote(storable(text, 1500), safe="")))

                assert answer.status_code in ANSWERS, (address, text)
                if "html" in answer.headers.get("content-type", ""):
                    assert {tag for tag, _ in shapes([answer.text])} <= tags, (address, text)
                    assert not UNSEEN.search(answer.text), (address, text)
