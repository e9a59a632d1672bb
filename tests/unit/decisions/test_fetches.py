"""The page of fetches: ask for one, see how it goes, and what the last ones came to."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from common import db, outbox
from common.events import FetchPageRequested
from common.tables import Company, Fetch, FetchRun, Outbox, SetAside
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, stop_clock
from tests.unit.decisions.member import Member, audited, plain

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def member(database: str, tmp_path: Path) -> Member:
    stop_clock(tmp_path)
    cases.company(api_key="locked", api_key_no=1)
    return Member()


def fetch(
    name: str = "f", at: datetime = MONDAY, cvr: str = CVR, occasion: str = "daily", by: str = "", **run: Any
) -> None:
    row = {"id": name, "company": cvr, "business_date": at.date(), "occasion": occasion, "requested_at": at, "by": by}
    with db.transaction():
        Fetch.insert(row).execute()
        if run:
            FetchRun.insert({"fetch_id": name, "company": cvr, "began_at": at} | run).execute()


def aside(number: str = "77", reason: str = "amount_vat is missing", cvr: str = CVR) -> None:
    with db.transaction():
        SetAside.insert(company=cvr, number=number, reason=reason, fetch_id="f", seen_at=MONDAY).execute()


def wishes() -> list[tuple[str, str]]:
    with db.connection():
        return [(row.company, row.by) for row in Fetch.select()]


def test_one_who_asks_is_shown_that_it_is_on_its_way(member: Member) -> None:
    response = member.post("/fetches")

    assert (response.status_code, response.headers["location"]) == (303, "/fetches?done=fetch_asked")
    assert wishes() == [(CVR, member.email)]
    with db.connection():
        assert [row.type for row in Outbox.select()] == ["fetch.requested"]
    assert audited() == [(member.email, "did fetches", "")]
    text = member.text("/fetches?done=fetch_asked")
    assert "Vi henter nu" in text
    assert "Den begynder om et øjeblik" in text
    assert f"Bedt om af {member.email}" in text


def test_a_second_click_begins_no_second_fetch(member: Member) -> None:
    member.post("/fetches")

    response = member.post("/fetches")

    assert response.headers["location"] == "/fetches?done=fetch_under_way"
    assert len(wishes()) == 1


def test_while_one_is_under_way_the_button_says_so(member: Member) -> None:
    fetch(state="running", seen=1200, overdue=3, cursor="after:900")

    page = member.get("/fetches")

    text = plain(page.text)
    assert "disabled" in page.text
    assert "Henter …" in text
    assert "Fakturaer set indtil nu 1200" in text
    assert "Listen over fakturaer læses" in text


def test_it_says_when_those_that_were_not_on_the_list_are_looked_at(member: Member) -> None:
    fetch(state="running", cursor="tracked:12")

    assert "Nu ses de fakturaer efter, som vi følger" in member.text("/fetches")


def test_one_that_waits_for_ordrestyring_says_until_when(member: Member) -> None:
    fetch(state="running", reason="503 <b>from</b> the ERP")
    with db.transaction():
        outbox.add(FetchPageRequested(company=CVR, fetch_id="f", cursor="after:0", attempt=1), at=MONDAY + 8 * MINUTE)

    page = member.get("/fetches")

    assert "Ordrestyring svarer ikke lige nu. Vi prøver igen 23. november 2026 kl. 11.08" in plain(page.text)
    assert "503" not in page.text


def test_the_page_looks_again_with_growing_waits_and_not_for_ever(member: Member) -> None:
    fetch(state="running")

    looks = [member.get(f"/fetches?looked={n}").headers.get("refresh") for n in (0, 1, 7, 29, 30)]

    assert looks == [
        "2; url=/fetches?looked=1",
        "3; url=/fetches?looked=2",
        "55; url=/fetches?looked=8",
        "55; url=/fetches?looked=30",
        None,
    ]
    assert member.get("/fetches?looked=31").status_code == 404
    assert "opdaterer sig selv" not in member.text("/fetches?looked=30")


def test_the_page_rests_when_nothing_is_under_way(member: Member) -> None:
    fetch(state="finished", ended_at=MONDAY)

    page = member.get("/fetches")

    assert "refresh" not in page.headers
    assert "Hent nu" in plain(page.text)
    assert "disabled" not in page.text


def test_one_that_has_waited_for_an_hour_is_shown_and_another_may_be_asked_for(member: Member) -> None:
    fetch(at=MONDAY - 2 * HOUR, state="running")

    page = member.get("/fetches")

    assert "Hentning i gang" in plain(page.text)
    assert "disabled" not in page.text
    assert member.post("/fetches").headers["location"] == "/fetches?done=fetch_asked"


def test_without_a_key_the_page_says_where_to_save_one(member: Member) -> None:
    with db.transaction():
        Company.update(api_key=None).execute()

    page = member.get("/fetches")

    assert "Der mangler en nøgle til Ordrestyring" in plain(page.text)
    assert 'href="/profile"' in page.text
    assert "Hent nu" not in plain(page.text)
    assert member.post("/fetches").status_code == 422
    assert wishes() == []


@pytest.mark.parametrize(
    ("reason", "says"),
    [
        ("key_refused", "Ordrestyring afviste nøglen"),
        ("no_key", "Der var ingen nøgle"),
        ("unavailable", "kunne ikke nås i tre dage"),
        ("who knows", "Det gik ikke. Tryk på Hent nu"),
    ],
)
def test_a_failure_says_what_to_do(member: Member, reason: str, says: str) -> None:
    fetch(state="failed", reason=reason, ended_at=MONDAY)

    assert says in member.text("/fetches")


def test_a_failure_that_a_later_fetch_has_made_good_warns_nobody(member: Member) -> None:
    fetch("f1", MONDAY - DAY, state="failed", reason="key_refused", ended_at=MONDAY - DAY)
    fetch("f2", MONDAY, state="finished", ended_at=MONDAY)

    text = member.text("/fetches")

    assert "lykkedes ikke" not in text
    assert "Nøglen blev afvist" in text


def test_one_that_is_not_believed_says_why_and_what_it_means(member: Member) -> None:
    fetch(state="finished", trusted=False, seen=4, ended_at=MONDAY)

    text = member.text("/fetches")

    assert "Den så kun 4" in text
    assert "Ikke troet" in text


def test_payments_that_are_hardly_ever_marked_are_explained(member: Member) -> None:
    fetch(state="finished", marks_paid=False, ended_at=MONDAY)

    assert "går ingen rykkerprocedure i gang af sig selv" in member.text("/fetches")


def test_fetches_are_listed_newest_first_a_page_at_a_time(member: Member) -> None:
    for number in range(30):
        at = MONDAY - number * DAY
        fetch(f"f{number}", at, state="finished", seen=5000 + number, ended_at=at)

    first, second = member.text("/fetches"), member.text("/fetches?page=2")

    assert first.index("5000") < first.index("5001") < first.index("5024")
    assert "5025" not in first
    assert "5029" in second
    assert "Side 2 af 2" in second
    assert member.get("/fetches?page=3").status_code == 404


def test_what_was_set_aside_is_said_in_plain_words_a_page_at_a_time(member: Member) -> None:
    for number in range(26):
        aside(f"{700 + number}")
    aside("?", "payment_date is '<i>'")

    first, third = member.get("/fetches"), member.text("/fetches?aside=3")

    assert "27 fakturaer kan ikke læses" in plain(first.text)
    assert "beløbet mangler" in plain(first.text)
    assert "700" in plain(first.text)
    assert "725" not in plain(first.text)
    assert "Uden nummer forfaldsdatoen kan ikke være '<i>'" in third
    assert "<i>" not in member.get("/fetches?aside=3").text
    assert "725" in third
    assert member.get("/fetches?aside=4").status_code == 404


def test_nothing_of_another_company_is_shown(member: Member) -> None:
    cases.company(OTHER_CVR, api_key="locked")
    fetch("o", cvr=OTHER_CVR, state="running", seen=987654)
    aside("8812", cvr=OTHER_CVR)

    text = member.text("/fetches")

    assert "987654" not in text
    assert "8812" not in text
    assert "Der er ikke hentet noget endnu" in text
    assert member.post("/fetches").headers["location"] == "/fetches?done=fetch_asked"


def test_a_fetch_that_the_operators_asked_for_is_said_to_be_ours(member: Member) -> None:
    fetch(occasion="asked 2026", by="rykker", state="finished", ended_at=MONDAY)

    assert "Bedt om af os" in member.text("/fetches")


def test_a_page_takes_as_many_queries_for_many_fetches_as_for_few(member: Member, monkeypatch: Any) -> None:
    count: list[Any] = []
    execute = db.handle.obj.execute_sql

    def counted(*given: Any, **more: Any) -> Any:
        count.append(given)
        return execute(*given, **more)

    monkeypatch.setattr(db.handle.obj, "execute_sql", counted)
    fetch("f0", MONDAY, state="running")
    aside()

    before = len(count)
    member.get("/fetches")
    few = len(count) - before
    for number in range(1, 20):
        fetch(f"f{number}", MONDAY - number * DAY, state="finished", ended_at=MONDAY)
        aside(f"a{number}")
    count.clear()
    member.get("/fetches")

    assert len(count) == few < 20
