"""Exports: all that is stored of a company or of a customer, and no secret."""

import io
import json
import zipfile
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import httpx

from common import db, outbox, tables
from common import events as e
from common.tables import (
    Answer,
    ApiKey,
    Company,
    FailedMessage,
    KnownInvoice,
    Letter,
    Login,
    Objection,
    Session,
)
from decisions import stored
from decisions.pages import data
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, Visitor, company, invoice, letter, objection, procedure
from tests.unit.decisions.member import Member, audited
from tests.unit.scheduler.test_failed import message


def test_a_third_file_at_once_waits_its_turn(visitor: Visitor) -> None:
    member = Member()

    with data._turns, data._turns:
        third = member.post("/profile/data/export")

    assert (third.status_code, third.headers["location"]) == (303, "/profile/data?done=data_later")
    assert "Vent et minut" in member.text("/profile/data?done=data_later")
    assert member.post("/profile/data/export").status_code == 200


def files(response: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    assert response.status_code == 200, response.text
    archive = zipfile.ZipFile(io.BytesIO(response.content))
    assert archive.testzip() is None
    return {
        name: [json.loads(line) for line in archive.read(name).splitlines()]
        for name in archive.namelist()
        if name.endswith(".jsonl")
    }


def mail(text: str) -> bytes:
    made = EmailMessage()
    made["Subject"] = "Rykker"
    made.set_content(text)
    made.add_alternative("<p>html</p>", subtype="html")
    return bytes(made)


def change(table: Any, which: Any, **fields: Any) -> None:
    with db.transaction():
        table.update(fields).where(which).execute()


def owed(number: str = "2041", customer: str = "77", cvr: str = CVR, **fields: Any) -> str:
    """An invoice of a customer, with its procedure and a reminder."""
    of = invoice(number)
    procedure_id = procedure("running", of=of, cvr=cvr, customer_number=customer, id=f"p-{cvr}-{number}", **fields)
    change(KnownInvoice, KnownInvoice.number == number, customer_number=customer)
    letter(procedure_id, "reminder", MONDAY - timedelta(days=1), step=1)
    change(
        Letter,
        Letter.procedure_id == procedure_id,
        company=cvr,
        content=mail("Kære kunde\nhttps://x.example/claim/token"),
    )
    with db.transaction():
        outbox.add(e.InvoiceOverdue(company=cvr, invoice=of, fetch_id="f"))
    return procedure_id


def test_a_company_gets_all_that_is_its_own_and_nothing_of_another(visitor: Visitor) -> None:
    company(OTHER_CVR, name="En anden")
    owed()
    owed("999", "88", OTHER_CVR)
    objection(f"p-{CVR}-2041", words="Jeg har klaget")
    member = Member(CVR)

    response = member.post("/profile/data/export")
    found = files(response)

    assert response.headers["content-disposition"] == f'attachment; filename="rykkerportalen-{CVR}-2026-11-23.zip"'
    assert [row["number"] for row in found["known_invoice.jsonl"]] == ["2041"]
    assert found["known_invoice.jsonl"][0]["state"]["debtor"]["name"] == "Café Ørsted ApS"
    assert found["procedure.jsonl"][0]["amount"] == "12500.00"
    assert found["objection.jsonl"][0]["words"] == "Jeg har klaget"
    assert found["outbox.jsonl"][0]["body"]["data"]["invoice"]["number"] == "2041"
    assert found["company.jsonl"][0]["name"] == "Murermester <Holm> & Søn"
    assert "En anden" not in json.dumps(found)
    assert "999" not in {row.get("number") or row.get("invoice_number") for rows in found.values() for row in rows}
    assert (member.email, "did data export", "") in audited()


def test_an_export_holds_no_key_password_session_or_link(visitor: Visitor) -> None:
    owed()
    member = Member(CVR)
    change(Company, Company.cvr == CVR, api_key="locked-in-use")
    change(Login, Login.company == CVR, password="argon-hash")
    with db.transaction():
        ApiKey.insert(company=CVR, key_no=1, locked="locked-candidate", submitted_at=MONDAY, by="x").execute()
        session = Session.get().id
    letter("p-x", "invited", MONDAY)
    change(Letter, Letter.kind == "invited", content=mail("hemmelig adgang"))

    found = json.dumps(files(member.post("/profile/data/export")))

    for secret in ("locked-in-use", "locked-candidate", "argon-hash", session, "/claim/token", "hemmelig adgang"):
        assert secret not in found
    assert "K\\u00e6re kunde" in found
    assert '"key_no": 1' in found


def test_every_table_is_exported_or_named_among_those_that_are_not() -> None:
    exported = {part.name for part in stored.of_company(CVR)}
    named = {table._meta.table_name for table in tables.TABLES}

    assert named - exported == stored.NOT_THEIRS | stored.ABOUT_OTHERS
    assert {table for table, _ in stored.SECRET} <= exported


def test_a_customer_gets_what_is_about_him_alone(visitor: Visitor) -> None:
    company(OTHER_CVR)
    owed()
    other = owed("2042", "88")
    owed("999", "77", OTHER_CVR)
    objection(f"p-{CVR}-2041", words="Mit")
    objection(other, words="Hendes")
    with db.transaction():
        for procedure_id in (f"p-{CVR}-2041", other):
            Answer.insert(
                procedure_id=procedure_id, company=CVR, answer_no=1, choice="start", answered_at=MONDAY
            ).execute()

    response = Member(CVR).post("/profile/data/export", customer="77")
    found = files(response)

    assert "-kunde-" in response.headers["content-disposition"]
    assert [row["number"] for row in found["known_invoice.jsonl"]] == ["2041"]
    assert [row["text"].split()[:2] for row in found["letter.jsonl"]] == [["Kære", "kunde"]]
    assert [row["words"] for row in found["objection.jsonl"]] == ["Mit"]
    assert len(found["answer.jsonl"]) == len(found["outbox.jsonl"]) == len(found["procedure.jsonl"]) == 1
    assert "company.jsonl" not in found


def test_a_customer_of_another_company_is_not_there(visitor: Visitor) -> None:
    company(OTHER_CVR)
    owed("999", "88", OTHER_CVR)
    member = Member(CVR)

    assert member.post("/profile/data/export", customer="88").status_code == 404
    assert member.get("/profile/data?customer=88").status_code == 404
    assert "Ingen faktura, vi kender" in member.get("/profile/data?customer=88").text


def test_an_export_says_what_its_files_are_in_the_companys_language(visitor: Visitor) -> None:
    member = Member(CVR)
    danish = member.post("/profile/data/export")
    change(Company, Company.cvr == CVR, language="en")

    told = [
        zipfile.ZipFile(io.BytesIO(one.content)).read("README.txt").decode()
        for one in (danish, member.post("/profile/data/export"))
    ]

    assert "company.jsonl: virksomheden og dens valg (1)" in told[0]
    assert "company.jsonl: the company and its choices (1)" in told[1]


def test_what_nobody_can_read_is_exported_as_it_is(visitor: Visitor) -> None:
    with db.transaction():
        message(company=CVR, body='{"half').save(force_insert=True)
        assert FailedMessage.select().count() == 1

    found = files(Member(CVR).post("/profile/data/export"))

    assert found["failed_message.jsonl"][0]["body"] == '{"half'


def test_rows_stream_from_both_databases(database: str) -> None:
    company()
    with db.transaction():
        for number in range(1200):
            Objection.insert(
                procedure_id=f"{number}", company=CVR, objection_no=1, kind="call", raised_at=MONDAY
            ).execute()

    with db.connection():
        parts = {part.name: list(part.rows()) for part in stored.of_company(CVR)}

    assert len(parts["objection"]) == 1200
    assert parts["objection"][0]["raised_at"] == MONDAY
    assert parts["company"][0]["fee"] == 100
    assert parts["company"][0]["never_dunned"] == []
