"""Operators: companies, the health of their fetches, a new one and its invitation."""

import re
from datetime import timedelta
from typing import Any

import pytest

from common import db
from common.tables import ApiKey, Company, FetchRun, KeyTrial, Letter, Login, SetAside
from decisions import firms
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, Visitor, company, letter, procedure, said
from tests.unit.decisions.member import Member, audited, plain

DAY = timedelta(days=1)


def run(days_ago: int, state: str = "finished", cvr: str = CVR, **fields: Any) -> None:
    at = MONDAY - days_ago * DAY
    row = {"fetch_id": f"{cvr}-{days_ago}", "company": cvr, "state": state, "began_at": at, "ended_at": at}
    with db.transaction():
        FetchRun.insert(row | fields).execute()


def key(state: str | None, key_no: int = 1) -> None:
    pasted = {"company": CVR, "key_no": key_no, "locked": "hemmeligt", "submitted_at": MONDAY, "by": "x"}
    with db.transaction():
        Company.update(api_key="hemmeligt", api_key_no=key_no).where(Company.cvr == CVR).execute()
        ApiKey.insert(pasted).execute()
        if state:
            KeyTrial.insert(company=CVR, key_no=key_no, state=state, tried_at=MONDAY).execute()


def firm(cvr: str = CVR) -> firms.Firm:
    with db.connection():
        return firms.one(cvr)


def names(which: Any = "all", search: str = "") -> list[str]:
    with db.connection():
        return [found.row.cvr for found in firms.listed(search, which, 1)[0]]


@pytest.mark.usefixtures("database")
def test_health_tells_the_last_good_fetch_and_since_when_it_fails() -> None:
    company()
    for days_ago, state in ((9, "failed"), (5, "finished"), (3, "failed"), (2, "failed"), (1, "failed")):
        run(days_ago, state, reason="key_refused" if state == "failed" else "")
    run(0, "running")
    company(OTHER_CVR)
    run(4, "failed", OTHER_CVR)

    found = firm()

    assert found.is_failing
    assert (found.good_at, found.failed_since) == (MONDAY - 5 * DAY, MONDAY - 3 * DAY)
    assert found.run.reason == "key_refused"
    assert (firm(OTHER_CVR).good_at, firm(OTHER_CVR).failed_since) == (None, MONDAY - 4 * DAY)


@pytest.mark.usefixtures("database")
def test_a_fetch_that_is_not_trusted_is_no_good_one() -> None:
    company()
    run(5)
    run(1, trusted=False)

    assert (firm().good_at, firm().is_failing) == (MONDAY - 5 * DAY, False)
    assert names("trouble") == [CVR]


@pytest.mark.usefixtures("database")
@pytest.mark.parametrize(
    ("trials", "state", "is_trouble"),
    [
        ([], "none", False),
        ([None], "untried", False),
        (["accepted"], "accepted", False),
        (["refused"], "refused", True),
        (["foreign"], "foreign", True),
        (["unreachable"], "unreachable", True),
        (["refused", "accepted"], "accepted", False),
        (["refused", None], "untried", False),
        (["accepted", "refused"], "refused", True),
    ],
)
def test_the_newest_key_counts(trials: list[str | None], state: str, is_trouble: bool) -> None:
    company()
    for key_no, trial in enumerate(trials, start=1):
        key(trial, key_no)

    assert firm().key == state
    assert names("trouble") == ([CVR] if is_trouble else [])


@pytest.mark.usefixtures("database")
def test_what_runs_waits_or_is_unreadable_is_counted_for_each_company() -> None:
    company()
    company(OTHER_CVR)
    running = procedure("running")
    letter(running, "reminder", MONDAY, step=1)
    with db.transaction():
        Letter.update(state="held").execute()
        SetAside.insert(company=CVR, number="9", reason="x", seen_at=MONDAY).execute()

    assert [(one.running, one.held, one.set_aside) for one in (firm(), firm(OTHER_CVR))] == [(1, 1, 1), (0, 0, 0)]


@pytest.mark.usefixtures("database")
def test_companies_are_found_by_name_number_or_address() -> None:
    company(name="Ørsted VVS 100%", email="a@b.example")
    company(OTHER_CVR, name="Holm", email="bog@holm.dk", paused=True)

    found = [names(search=word) for word in ("VVS", "1015", "holm.dk", "%", "' OR 1=1", "")]

    assert found == [[CVR], [OTHER_CVR], [OTHER_CVR], [CVR], [], [OTHER_CVR, CVR]]
    assert names("paused") == [OTHER_CVR]
    assert names("keyless") == [OTHER_CVR, CVR]


def test_the_list_shows_what_is_wrong_in_words(visitor: Visitor) -> None:
    key("refused")
    run(3)
    run(1, "failed", reason="unavailable")

    text = Member(None).text("/operator")

    assert "Murermester <Holm> & Søn CVR 12345674 20. november 2026 kl. 11.00 Nøglen er afvist Hentes ikke" in text
    assert "siden 22. november 2026 kl. 11.00: Ordrestyring svarede ikke" in text
    assert "hemmeligt" not in text


def test_a_page_of_companies_takes_the_same_number_of_queries_however_many_they_are(
    visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = Member(None)
    counted = list[int]()

    def queries() -> int:
        asked, execute = list[str](), db.handle.obj.execute_sql

        def heard(sql: str, *more: Any) -> Any:
            asked.append(sql)
            return execute(sql, *more)

        with monkeypatch.context() as patch:
            patch.setattr(db.handle.obj, "execute_sql", heard)
            assert operator.get("/operator").status_code == 200
        return sum(sql.startswith("SELECT") for sql in asked)

    counted.append(queries())
    for number in range(120):
        company(f"2{number:07}", name=f"Firma {number:03}")
        run(1, "failed", f"2{number:07}")
    counted.append(queries())

    assert counted[0] == counted[1]
    assert counted[0] > 5
    text = operator.text("/operator?page=3")
    assert "Side 3 af 3" in text
    assert [operator.get(f"/operator?page={page}").status_code for page in ("0", "4", "x")] == [404] * 3
    assert operator.get("/operator?which=x").status_code == 404
    assert "Ingen passer" in operator.text("/operator?search=findes-ikke")


def test_one_company_shows_its_choices_fetches_and_log_but_no_key(visitor: Visitor) -> None:
    key("accepted")
    run(1, seen=7)
    with db.transaction():
        Company.update(never_dunned=["77", "88"]).execute()
    operator = Member(None)
    operator.get(f"/operator/companies/{CVR}")

    page = operator.get(f"/operator/companies/{CVR}")
    text = plain(page.text)

    assert "Gebyr pr. rykker 100,00 kr." in text
    assert "Tavshed begynder af sig selv" in text
    assert "Samlet mail nej" in text
    assert "Kunder, der aldrig rykkes 2" in text
    assert "Gennemført 7" in text
    assert f"{operator.email} Drift Så: Virksomhed {CVR}" in text
    assert "hemmeligt" not in page.text
    assert operator.get("/operator/companies/99999999").status_code == 404
    assert operator.get(f"/operator/companies/{CVR}9").status_code == 404


def test_a_new_company_and_its_invitation_come_together(visitor: Visitor) -> None:
    operator = Member(None)
    assert "Sin nøgle til Ordrestyring" in operator.text("/operator/companies/new")

    response = operator.post(
        "/operator/companies/new", cvr="10 15 08 17", name="Ny", email="Ny@b.example", language="en"
    )

    assert response.headers["location"] == f"/operator/companies/{OTHER_CVR}?done=firm_added"
    with db.connection():
        made = Company.get_by_id(OTHER_CVR)
        login = Login.get(Login.company == OTHER_CVR)
    assert (made.name, made.language, made.api_key) == ("Ny", "en", None)
    assert (login.email, login.role) == ("ny@b.example", "company")
    assert [event["type"] for event in said()] == ["dk.rykkerportalen.login.invited"]
    assert "Inviteret" in operator.text(f"/operator/companies/{OTHER_CVR}")
    assert (operator.email, "did new company", "10 15 08 17/Ny@b.example") in audited()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"cvr": "12345678"}, "otte cifre"),
        ({"cvr": CVR}, "oprettet i forvejen"),
        ({"name": " "}, "navn på én linje"),
        ({"email": "x"}, "Skriv én e-mailadresse"),
        ({"email": "taken@b.example"}, "Et andet login bruger"),
        ({"language": "xx"}, ""),
    ],
)
def test_a_company_that_can_not_be_is_neither_added_nor_invited(
    visitor: Visitor, fields: dict[str, str], says: str
) -> None:
    operator = Member(None)
    Member(CVR, "taken@b.example")
    typed = {"cvr": OTHER_CVR, "name": "Ny & <b>", "email": "ny@b.example", "language": "da"} | fields

    response = operator.post("/operator/companies/new", **typed)

    assert response.status_code == 422
    assert says in plain(response.text)
    assert "<b>" not in response.text
    with db.connection():
        assert [row.cvr for row in Company.select()] == [CVR]
        assert Login.select().where(Login.company == OTHER_CVR).count() == 0
    assert said() == []


def test_an_invitation_can_be_sent_again_to_another_address(visitor: Visitor) -> None:
    operator = Member(None)

    good = operator.post(f"/operator/companies/{CVR}/invite", email="ny@holm.example")
    bad = operator.post(f"/operator/companies/{CVR}/invite", email="x")
    taken = operator.post(f"/operator/companies/{CVR}/invite", email=operator.email)
    nobody = operator.post("/operator/companies/99999999/invite", email="ny@b.example")

    assert [answer.status_code for answer in (good, bad, taken, nobody)] == [303, 422, 422, 404]
    assert [event["type"] for event in said()] == ["dk.rykkerportalen.login.invited"]
    assert re.search(r"Send invitationen igen", operator.text(f"/operator/companies/{CVR}"))
