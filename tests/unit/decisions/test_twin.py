"""Two companies whose invoices and customers have the very same numbers: each sees and moves its own alone."""

import io
import zipfile
from datetime import timedelta
from typing import Any
from uuid import uuid5

import pytest

from common import db
from common.events import NAMESPACE
from common.tables import (
    KnownInvoice,
    LedgerLine,
    Letter,
    LetterDecision,
    Notice,
    Objection,
    Outbox,
    Pick,
    Procedure,
)
from decisions.app import ROOMS
from tests.unit.decisions import cases, crawling, everything
from tests.unit.decisions.cases import CVR, OTHER_CVR, Visitor
from tests.unit.decisions.member import Member

TWINNED = (KnownInvoice, Procedure, Letter, Notice, LedgerLine, Objection)
HELD = str(uuid5(NAMESPACE, "held"))
PROCEDURES = [f"p-{number}" for number in everything.NUMBERS.values()]
OWN = (everything.MARK, "Murermester", HELD, *PROCEDURES)  # what the twin must never see


@pytest.fixture
def own(visitor: Visitor) -> Member:
    everything.fill()
    running = f"p-{everything.NUMBERS['running']}"
    content = f"Subject: x\n\n{everything.MARK}".encode()
    cases.letter(running, "reminder", cases.MONDAY - timedelta(days=1), 2, "held", id=HELD, content=content)
    member = Member()
    member.client.follow_redirects = True
    return member


@pytest.fixture
def twin(own: Member) -> Member:
    cases.company(OTHER_CVR, name="Nabo ApS", email="nabo@b.example")
    for table in TWINNED:
        _twin(table)
    member = Member(OTHER_CVR)
    member.client.follow_redirects = True
    return member


def _twin(table: Any) -> None:
    """The same rows once more, with other ids and other customers' names."""
    with db.transaction():
        for row in list(table.select().dicts()):
            made = {name: _other(value) for name, value in row.items()} | {"company": OTHER_CVR}
            if table in (Procedure, Letter):
                made["id"] = made["id"] if table is Procedure else str(uuid5(NAMESPACE, f"twin {row['id']}"))
            else:
                made.pop("id", None)
            table.insert(made).execute()


def _other(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _other(each) for name, each in value.items()}
    if isinstance(value, bytes | memoryview):
        return bytes(value).replace(everything.MARK.encode(), b"nabo")
    if isinstance(value, str):
        return f"q{value[1:]}" if value in PROCEDURES else value.replace(everything.MARK, "nabo")
    return value


def rows_of_own() -> dict[str, list[str]]:
    with db.connection():
        return {
            table.__name__: sorted(map(str, table.select().where(table.company == CVR).tuples()))
            for table in (*TWINNED, Pick, LetterDecision, Outbox)
        }


def test_the_same_addresses_show_each_its_own(own: Member, twin: Member) -> None:
    seen = crawling.walk(own.client, "http://testserver")
    asked = [
        *seen.pages,
        *seen.files,
        "/invoices?search=kunde-m",  # he would see himself what he asks for, were it all of it
        "/invoices.csv?search=kunde-m&show=running",
        "/invoices.csv?customer=K1&show=running",
        "/invoices.xlsx?show=waiting",
        "/profile/data?customer=K1",
        "/profile/audit?company=" + CVR,
        "/numbers?period=all",
    ]

    hers = {path: twin.client.get(path) for path in asked}

    shared = [path for path in seen.pages if path.startswith("/invoices/") and "letters" not in path]
    assert all(hers[path].status_code == 200 for path in shared)
    assert any("nabo" in hers[path].text for path in shared)
    assert [path for path, page in hers.items() if any(secret in _text(page) for secret in OWN)] == []


def test_the_files_of_one_hold_nothing_of_the_other(own: Member, twin: Member) -> None:
    for fields in ({}, {"customer": "K1"}, {"customer": "K3"}):
        text = _text(twin.post("/profile/data/export", **fields))

        assert "nabo" in text
        assert [secret for secret in OWN if secret in text] == []


def test_the_same_forms_move_nothing_of_the_other(own: Member, twin: Member) -> None:
    seen = crawling.walk(own.client, "http://testserver")
    before = rows_of_own()

    letters = [dict(form.fields) for form in seen.forms if ("letter", HELD) in form.fields]
    for form in seen.forms:
        fields = [(name, value) for name, value in form.fields if name not in ("form", "sure")]
        named: dict[str, Any] = {name: [value for one, value in fields if one == name] for name, _ in fields}
        if "out" not in form.action:
            twin.client.post(form.action, data={**named, "form": twin.word, "sure": "yes"})

    assert {letter["choice"] for letter in letters} >= {"resend", "discard"}
    assert rows_of_own() == before


@pytest.mark.parametrize("choice", ["resend", "sent", "discard"])
def test_a_held_letter_of_the_other_is_not_decided_through_an_invoice_of_its_own(
    own: Member, twin: Member, choice: str
) -> None:
    for number in everything.NUMBERS.values():
        fields = {"do": "letter", "letter": HELD, "choice": choice, "seen": "0", "sure": "yes"}
        answer = twin.post(f"/invoices/{number}", **fields, sent_on="2026-11-22")

        assert answer.status_code == 404
    with db.connection():
        assert LetterDecision.select().count() == 0


def test_an_answer_of_many_reaches_its_own_alone(own: Member, twin: Member) -> None:
    before = rows_of_own()

    page = twin.post(
        "/invoices", choice="stop", sure="yes", procedure=[*PROCEDURES, f"q-{everything.NUMBERS['running']}"]
    )

    assert page.status_code == 200
    assert rows_of_own() == before
    with db.connection():
        assert [row.company for row in Outbox.select()] == [OTHER_CVR]


def test_no_page_of_operators_opens_to_a_company_whatever_it_names(own: Member, twin: Member) -> None:
    paths = [room.path.replace("{id:int}", "1").replace("{id}", HELD) for room in ROOMS if room.role == "operator"]
    named = [path.replace("{cvr}", cvr) for path in paths for cvr in (CVR, OTHER_CVR)]
    fields = {"choice": "discard", "seen": "0", "email": "thief@b.example", "which": "one", "times": "1", "cvr": CVR}
    before = rows_of_own()

    shown = [twin.get(path).status_code for path in named]
    acted = [twin.post(path, **fields).status_code for path in named]

    assert set(shown) | set(acted) <= {404, 405}
    assert rows_of_own() == before


def _text(answer: Any) -> str:
    """Of a page, or of all files in an archive."""
    if not answer.content.startswith(b"PK"):
        return str(answer.text)
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    return "\n".join(archive.read(name).decode() for name in archive.namelist())
