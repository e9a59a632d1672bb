"""The company's invoices: the list, answers for several, and the list as a file."""

import csv
import io
import re
import tempfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import db
from common.tables import Answer, Company, KnownInvoice, Procedure
from decisions import sheets, totals
from decisions.pages import exports
from tests.unit.decisions.cases import CVR, OTHER_CVR, Visitor, company, fee, said, stop_clock
from tests.unit.decisions.member import Member, audited, plain
from tests.unit.decisions.shelves import TODAY, shelve, stated


@pytest.fixture
def member(visitor: Visitor) -> Member:
    return Member()


def ticks(html: str, name: str = "procedure") -> list[str]:
    return re.findall(rf'<input type="checkbox" form="\w+" name="{name}" value="([^"]*)"', html)


def row_of(html: str, number: str) -> str:
    """What a reader sees of this row."""
    return next(
        plain(f"<body>{row.partition('</tr>')[0]}")
        for row in html.split('<tr role="row">')[2:]
        if f">{number}</a>" in row
    )


# --- the page --------------------------------------------------------------------------------------------------------
def test_a_row_says_what_is_owed_by_whom_and_what_comes_next(member: Member) -> None:
    shelve([stated("2041", 20, "12500.00", "Café Ørsted ApS")], "awaiting_decision")
    fee(f"p-{CVR}-2041", 1)

    page = member.get("/invoices")

    assert row_of(page.text, "2041") == (
        "2041 Café Ørsted ApS Kundenr. 77 3.11.2026 20 dage 12.500,00 kr. + 100,00 kr. i gebyrer og renter"
        " Afventer dit svar Begynder af sig selv 25.11.2026"
    )
    assert 'href="/invoices/2041"' in page.text


def test_what_was_written_off_is_nothing_that_anybody_owes(member: Member) -> None:
    shelve([stated("2041", 20, "12500.00", "Café Ørsted ApS")], "settled", reason="waived")

    page, (_, found) = member.get("/invoices?show=settled"), as_csv(member, "?show=settled")

    assert row_of(page.text, "2041") == "2041 Café Ørsted ApS Kundenr. 77 3.11.2026 0,00 kr. Eftergivet"
    assert found[4:6] == ["0", "0,00"]
    assert as_csv(member)[1:] == []
    assert "Intet er forfaldent" in member.text("/invoices")


def test_tabs_have_counts_and_sums(member: Member) -> None:
    shelve([stated("1"), stated("2", amount="50.50")], "awaiting_decision")
    shelve([stated("3", amount="9.00")], None)
    shelve([stated("4", 5, status="paid", paid=Decimal("100.00"))], "settled")

    seen = member.text("/invoices")

    assert "Forfaldne 3 · 159,50 kr." in seen
    assert "Ikke rykket endnu 1 · 9,00 kr." in seen
    assert "Afventer dit svar 2 · 150,50 kr." in seen
    assert "Afsluttede 1 Søg" in seen


@pytest.mark.parametrize(
    ("stage", "fields", "badge", "coming"),
    [
        ("running", {}, "Rykkes", "Rykker 1 den 25.11.2026"),
        ("running", {"step": 3}, "Rykkes", "Inkassovarsel 25.11.2026"),
        ("running", {"step": 3, "warned_on": TODAY}, "Rykkes", "Klar til inkasso 25.11.2026"),
        ("running", {"pending": True}, "Rykkes", "Sendes nu"),
        ("running", {"unreachable_step": 1}, "Rykkes", "Kunden mangler e-mail"),
        ("checking", {}, "Rykkes", "Vi ser efter i Ordrestyring"),
        ("paused", {"reason": "disputed"}, "Kunden har gjort indsigelse", "Afventer dig"),
        ("paused", {"reason": "said_paid", "paused_until": date(2026, 12, 1)}, "betalt", "Venter til 1.12.2026"),
        ("collecting_fees", {}, "Gebyrer mangler", "Gebyrer igen 25.11.2026"),
        ("escalated", {}, "Klar til inkasso", "Du bestemmer"),
        ("cancelled", {"reason": "stopped"}, "Stoppet", ""),
        ("awaiting_decision", {"wake_at": None}, "Afventer dit svar", "Afventer dig"),
    ],
)
def test_each_stage_says_its_next_date(
    member: Member, stage: str, fields: dict[str, Any], badge: str, coming: str
) -> None:
    shelve([stated("1")], stage, **fields)
    show = {"checking": "running", "cancelled": "settled"}.get(stage, stage)

    seen = row_of(member.get(f"/invoices?show={show}").text, "1")

    assert badge in seen
    assert seen.endswith(coming)


@pytest.mark.parametrize(
    "choices", [{"paused": True}, {"silence": "stay"}, {"never_dunned": ["77"]}, {"smallest_amount": Decimal(500)}]
)
def test_nothing_is_said_to_start_by_itself_that_will_not(member: Member, choices: dict[str, Any]) -> None:
    shelve([stated("1")], "awaiting_decision")
    with db.transaction():
        Company.update(choices).where(Company.cvr == CVR).execute()

    assert row_of(member.get("/invoices").text, "1").endswith("Afventer dig")


def test_what_was_answered_is_shown_before_dunning_has_heard_it(member: Member) -> None:
    shelve([stated("1"), stated("2")], "awaiting_decision")

    member.post("/invoices", choice="stop", procedure=[f"p-{CVR}-1"])
    member.post("/invoices", choice="start", procedure=[f"p-{CVR}-2"])

    page = member.get("/invoices?show=awaiting_decision").text
    assert "Stoppet" in row_of(page, "1")
    assert row_of(page, "2").endswith("Rykkes Går i gang nu")


def test_rows_can_be_ticked_where_an_answer_is_possible(member: Member) -> None:
    shelve([stated("wait")], "awaiting_decision")
    shelve([stated("run")], "running")
    shelve([stated("gone", status="paid", paid=Decimal("100.00"))], "settled", reason="paid")

    awaiting = member.get("/invoices?show=awaiting_decision").text
    over = member.get("/invoices?show=settled").text

    assert ticks(awaiting) == [f"p-{CVR}-wait"]
    assert re.findall(r'name="choice" value="(\w+)"', awaiting) == ["start", "stop"]
    assert ticks(over) == []
    assert 'name="choice"' not in over


def test_a_list_has_ticks_for_one_thing_alone(member: Member) -> None:
    shelve([stated("wait")], "awaiting_decision")
    shelve([stated("old", 300)], None)

    both, picks = member.get("/invoices").text, member.get("/invoices?show=waiting").text

    assert (ticks(both), ticks(both, "number")) == ([f"p-{CVR}-wait"], [])
    assert (ticks(picks), ticks(picks, "number")) == ([], ["old"])


def test_what_nobody_was_asked_about_has_a_button_to_pick_it(member: Member) -> None:
    shelve([stated("old", 300)], None)

    page = member.get("/invoices?show=waiting").text

    assert ticks(page, "number") == ["old"]
    assert '<button class="small" type="submit" name="number" value="old">Ryk denne faktura</button>' in page
    assert page.count('action="/invoices/pick"') == 2


def test_in_a_pause_what_came_in_can_be_picked(member: Member) -> None:
    shelve([stated("new")], "awaiting_decision", notified_on=None)
    before = member.get("/invoices?show=awaiting_decision").text
    with db.transaction():
        Company.update(paused=True).execute()

    page = member.get("/invoices?show=waiting").text

    assert ticks(before) == [f"p-{CVR}-new"]
    assert ticks(page, "number") == ["new"]
    assert ticks(page) == []
    assert "Ingen fakturaer her" in member.text("/invoices?show=awaiting_decision")


def test_pages_lead_on_and_back(member: Member) -> None:
    shelve(stated(f"{number:03}", 10 + number) for number in range(120))

    pages, path = list[list[str]](), "/invoices"
    while path:
        html = member.get(path).text
        pages.append(re.findall(r'<a href="/invoices/(\d+)">', html))
        found = re.search(r'<a href="([^"]*)" rel="next">', html)
        path = found[1].replace("&amp;", "&") if found else ""
    back = re.search(r'<a href="([^"]*)" rel="prev">', html)
    assert back
    second = re.findall(r'<a href="/invoices/(\d+)">', member.get(back[1].replace("&amp;", "&")).text)

    assert [len(page) for page in pages] == [50, 50, 20]
    assert [number for page in pages for number in page] == [f"{number:03}" for number in reversed(range(120))]
    assert second == pages[1]


@pytest.mark.parametrize("query", ["after=x", "before=WyJ4IiwiMSJd", "after=%FF"])
def test_a_place_that_is_none_is_not_found(member: Member, query: str) -> None:
    assert member.get(f"/invoices?{query}").status_code == 404


# --- empty -----------------------------------------------------------------------------------------------------------
def test_without_a_key_the_list_leads_to_the_profile(member: Member) -> None:
    page = member.get("/invoices").text

    assert "Her kommer dine fakturaer" in page
    assert '<a class="button" href="/profile">' in page


def test_with_a_key_and_nothing_overdue_all_is_well(member: Member) -> None:
    with db.transaction():
        Company.update(api_key="locked").execute()

    assert "Intet er forfaldent" in member.text("/invoices")


def test_without_hits_the_list_leads_to_all(member: Member) -> None:
    shelve([stated("1")])

    page = member.get("/invoices?show=running&search=nobody").text

    assert "Ingen fakturaer passer" in page
    assert page.count('href="/invoices?show=running"') >= 2


def test_a_field_that_can_not_be_read_is_named(member: Member) -> None:
    shelve([stated("1")])

    page = member.get("/invoices?amount_from=meget&search=1").text

    assert "Kunne ikke læses og er ikke brugt: Udestående fra." in plain(page)
    assert 'value="meget" maxlength="100" inputmode="decimal" aria-invalid="true"' in page
    assert row_of(page, "1")


# --- answers ---------------------------------------------------------------------------------------------------------
def test_several_are_answered_each_by_itself(member: Member) -> None:
    shelve([stated("1"), stated("2"), stated("3")], "awaiting_decision")
    shelve([stated("paid", status="paid", paid=Decimal("100.00"))], "settled", reason="paid")
    shelve([stated("theirs")], "awaiting_decision", OTHER_CVR)
    company(OTHER_CVR)
    member.post("/invoices", choice="start", procedure=[f"p-{CVR}-3"])
    ids = [f"p-{CVR}-1", f"p-{CVR}-2", f"p-{CVR}-3", f"p-{CVR}-paid", f"p-{OTHER_CVR}-theirs", "nothing"]

    page = member.post("/invoices", choice="start", procedure=ids)

    assert page.status_code == 200
    seen = plain(page.text)
    assert "2 af 6 svar er gemt." in seen
    assert (
        "1 Gemt 2 Gemt 3 Sådan var det allerede paid Ikke længere muligt; intet er ændret"
        " Ukendt faktura Findes ikke; intet er ændret Ukendt faktura Findes ikke; intet er ændret" in seen
    )
    assert "theirs" not in seen
    with db.connection():
        answers = [(row.procedure_id, row.choice, row.by) for row in Answer.select().order_by(Answer.procedure_id)]
    assert answers == [(f"p-{CVR}-{number}", "start", member.email) for number in "123"]
    assert [event["data"]["invoice_number"] for event in said() if event["data"].get("choice") == "start"] == [
        "3",
        "1",
        "2",
    ]


def test_to_stop_several_is_confirmed_where_customers_are_let_off_their_fees(member: Member) -> None:
    shelve([stated("1"), stated("2"), stated("3")], "running")
    fee(f"p-{CVR}-1", 1)
    fee(f"p-{CVR}-2", 1)
    ids = [f"p-{CVR}-1", f"p-{CVR}-2", f"p-{CVR}-3"]

    unsure = member.post("/invoices", choice="stop", procedure=ids)

    assert unsure.status_code == 422
    assert "Kunderne slipper for i alt 200,00 kr." in plain(unsure.text)
    with db.connection():
        assert Answer.select().count() == 0

    sure = member.post(
        "/invoices", choice="stop", sure="yes", procedure=re.findall(r'name="procedure" value="([^"]*)"', unsure.text)
    )

    assert "3 af 3 svar er gemt." in plain(sure.text)


def test_what_costs_nothing_is_not_confirmed(member: Member) -> None:
    shelve([stated("1")], "running")
    fee(f"p-{CVR}-1", 1)

    started = member.post("/invoices", choice="start", procedure=[f"p-{CVR}-1"])
    unpaid = member.post("/invoices", choice="stop", procedure=["nothing"])

    assert (started.status_code, unpaid.status_code) == (200, 200)


def test_an_answer_that_fails_takes_no_other_with_it(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    from decisions import store

    shelve([stated("1"), stated("2")], "awaiting_decision")
    answer = store.answer

    def failing(link: Any, *rest: Any, **named: Any) -> bool:
        if link.procedure_id.endswith("2"):
            raise RuntimeError("the database is away")
        return answer(link, *rest, **named)

    monkeypatch.setattr(store, "answer", failing)
    with pytest.raises(RuntimeError):
        member.post("/invoices", choice="start", procedure=[f"p-{CVR}-1", f"p-{CVR}-2"])

    with db.connection():
        assert [row.procedure_id for row in Answer.select()] == [f"p-{CVR}-1"]


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"choice": "start"}, "Du valgte ingen fakturaer"),
        ({"choice": "start", "procedure": [f"p{n}" for n in range(101)]}, "højst svare for 100"),
        ({"choice": "waive", "procedure": [f"p-{CVR}-1"]}, "Svaret kunne ikke læses"),
        ({"procedure": [f"p-{CVR}-1"]}, "Svaret kunne ikke læses"),
    ],
)
def test_a_form_that_says_nothing_clear_changes_nothing(member: Member, fields: Any, says: str) -> None:
    shelve([stated("1")], "awaiting_decision")

    page = member.post("/invoices", **fields)

    assert page.status_code == 422
    assert says in plain(page.text)
    with db.connection():
        assert not Answer.select().exists()


# --- as a file -------------------------------------------------------------------------------------------------------
def as_csv(member: Member, query: str = "") -> list[list[str]]:
    response = member.get(f"/invoices.csv{query}")
    assert response.status_code == 200
    assert response.content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"), newline=""), delimiter=";"))


def as_xlsx(member: Member, query: str = "") -> Any:
    response = member.get(f"/invoices.xlsx{query}")
    assert response.status_code == 200
    return openpyxl.load_workbook(io.BytesIO(response.content)).active


def test_the_list_as_csv_has_every_row_that_is_filtered(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", 7)
    shelve((stated(f"{n:02}", 10 + n, "1234.50", "Bo; Holm") for n in range(30)), "awaiting_decision")
    shelve([stated("small", amount="1.00")])

    header, *found = as_csv(member, "?amount_from=1000&sort=number")

    assert header == [
        "Fakturanummer",
        "Kundenummer",
        "Kunde",
        "Forfaldsdato",
        "Dage over forfald",
        "Udestående",
        "Gebyrer og renter",
        "Status",
        "Næste skridt",
    ]
    assert [row[0] for row in found] == [f"{n:02}" for n in range(30)]
    assert found[0][1:8] == ["77", "Bo; Holm", "13-11-2026", "10", "1234,50", "0,00", "Afventer dit svar"]


def test_the_list_as_a_spreadsheet_has_dates_and_numbers(member: Member) -> None:
    shelve([stated("0012", 20, "1234.50")])

    sheet = as_xlsx(member)
    header, row = list(sheet.iter_rows())

    assert [cell.value for cell in header][:3] == ["Fakturanummer", "Kundenummer", "Kunde"]
    assert row[0].value == "0012"
    assert row[3].value.isoformat() == "2026-11-03T00:00:00"
    assert row[3].number_format == "dd-mm-yyyy"
    assert (row[4].value, row[5].value, row[5].data_type) == (20, 1234.5, "n")
    assert sheet.freeze_panes == "A2"
    assert sheet.column_dimensions["A"].width > 13


def test_a_file_is_named_after_the_company_and_the_day_and_written_down(member: Member) -> None:
    response = member.get("/invoices.csv?show=running")

    name = response.headers["content-disposition"]
    assert 'filename="fakturaer-Murermester-Holm-Sn-2026-11-23.csv"' in name
    assert unquote(name.rpartition("''")[2]) == "fakturaer-Murermester-Holm-Søn-2026-11-23.csv"
    assert audited()[-1] == (member.email, "saw export", "")


def test_of_too_many_files_at_once_one_has_to_wait(member: Member) -> None:
    with exports._turns, exports._turns:
        response = member.get("/invoices.csv?show=running")

    assert response.status_code == 303
    assert response.headers["location"] == "/invoices?show=running&done=export_later"
    assert "Vent et minut" in member.text(response.headers["location"])
    assert member.get("/invoices.csv").status_code == 200


def test_a_file_leaves_nothing_on_the_disk(member: Member, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    shelve([stated("1")])

    as_xlsx(member)
    as_csv(member)

    assert list((tmp_path / "tmp").iterdir()) == []


# --- hostile names ---------------------------------------------------------------------------------------------------
FORMULAS = (
    *(
        "=1+1",
        "+1",
        "-1",
        "@SUM(A1)",
        " =1",
        "\t=1",
        "\r=1",
        "\n@x",
        "＝1",
        "＋1",
        "－1",
        "＠x",
        "\u00a0=1",
        "\u200b=1",
    ),
    *("\u202e=1", "﹣1", "−1", "\ufeff=1", "'=1", '"=1', ";=1", "<script>alert(1)</script>", "{{ 7*7 }}", "%s{0}"),
    *("a\n=1", "_x003D_1", "../..", "//", "a/b", "?x=1#y", "http://evil.example/", "x" * 500),
)


TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


def dangerous(cell: str) -> bool:
    import unicodedata

    shown = unicodedata.normalize("NFKC", cell)
    seen = "".join(sign for sign in shown if unicodedata.category(sign)[0] not in "CZ")
    return seen.startswith(("=", "+", "-", "@", "−"))


def test_no_cell_is_ever_a_formula(member: Member) -> None:
    names = list(FORMULAS)
    shelve(stated(f"{name[:40]}·{n}", customer=name[:40], name=name) for n, name in enumerate(names))

    found, sheet = as_csv(member)[1:], as_xlsx(member)
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]

    assert len(found) == len(names) == sheet.max_row - 1
    assert not [cell for row in found for cell in row if dangerous(cell)]
    assert not [cell for cell in cells if cell.data_type == "f"]
    assert [cell for cell in cells if isinstance(cell.value, str) and dangerous(cell.value)], (
        "the texts are as they were"
    )
    assert all(cell.quotePrefix for cell in cells if isinstance(cell.value, str) and dangerous(cell.value))


def test_hostile_names_are_only_text_on_the_page(member: Member) -> None:
    names = list(FORMULAS)
    shelve((stated(name[:60], customer=name, name=name) for name in dict.fromkeys(names)), "awaiting_decision")

    page = member.get("/invoices").text

    assert "<script>alert" not in page
    assert "{{ 7*7 }}" in page
    for number in re.findall(r'<a href="/invoices/([^"]*)">', page):
        assert re.fullmatch(r"[A-Za-z0-9_.~%-]+", number), number


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(TEXTS, min_size=1, max_size=5, unique=True))
def test_whatever_names_there_are_page_and_files_can_be_read(member: Member, names: list[str]) -> None:
    for table in (KnownInvoice, Procedure):
        with db.transaction():
            table.delete().execute()
    shelve(stated(f"{name}#{n}", name=name, customer=name) for n, name in enumerate(names))

    page, found, sheet = member.get("/invoices"), as_csv(member), as_xlsx(member)

    assert page.status_code == 200
    assert len(found) - 1 == sheet.max_row - 1 == len(names)
    assert all(len(row) == 9 for row in found)
    assert not [cell for row in found[1:] for cell in row if dangerous(cell)]
    assert not [cell for row in sheet.iter_rows() for cell in row if cell.data_type == "f"]


def test_numbers_stay_numbers_below_zero_too(tmp_path: Path) -> None:
    rows: list[list[Any]] = [[Decimal("-5.50"), -3, date(2026, 1, 2), "-5"]]

    sheets.write_csv(tmp_path / "a.csv", ["A", "B", "C", "D"], rows)
    sheets.write_xlsx(tmp_path / "a.xlsx", ["A", "B", "C", "D"], rows)

    assert (tmp_path / "a.csv").read_text("utf-8-sig").splitlines()[1] == "-5,50;-3;02-01-2026;'-5"
    row = next(openpyxl.load_workbook(tmp_path / "a.xlsx").active.iter_rows(min_row=2))
    assert [cell.data_type for cell in row] == ["n", "n", "d", "s"]
    assert [str(cell.value) for cell in row] == ["-5.5", "-3", "2026-01-02 00:00:00", "-5"]


# --- what it costs ---------------------------------------------------------------------------------------------------
def counted(member: Member, path: str, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements of a visit."""
    asked, execute = list[str](), db.handle.obj.execute_sql

    def counting(sql: str, *rest: Any, **named: Any) -> Any:
        asked.append(sql)
        return execute(sql, *rest, **named)

    with monkeypatch.context() as patch:
        patch.setattr(db.handle.obj, "execute_sql", counting)
        assert member.get(path).status_code == 200
    return asked


@pytest.mark.parametrize("show", ["overdue", "waiting", "running", "settled"])
def test_a_page_takes_as_many_statements_for_one_row_as_for_500(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, show: str
) -> None:
    stop_clock(tmp_path)
    company(paused=True)
    member, path = Member(), f"/invoices?show={show}"
    stage = {"waiting": None, "overdue": "running", "settled": "cancelled"}.get(show, show)
    counts = []
    done = 0
    for until in (1, 60, 500):
        shelve((stated(str(n), 10 + n % 90) for n in range(done, until)), stage)
        done = until
        counts.append(len(counted(member, path, monkeypatch)))

    assert len(set(counts)) == 1
    assert counts[0] <= 17


def test_sums_of_a_large_company_are_kept_for_some_seconds(member: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(totals, "LARGE", 4)
    monkeypatch.setattr(totals, "_large_ones", set())
    totals._large.forget()
    shelve([stated("1"), stated("2")])
    first, second, third = (len(counted(member, "/invoices", monkeypatch)) for _ in range(3))
    shelve([stated("3")])

    seen = member.text("/invoices")

    assert first == second == third + 6
    assert "Forfaldne 2" in seen
    assert "3 Anne Holm" in seen, "the rows are never old"
