"""Lists of invoices: every one once, in order, whatever it is sorted by; on both databases."""

import random
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from common import db, names
from common.tables import KnownInvoice, LedgerLine, Procedure
from decisions import lists, rows, totals
from decisions.lists import Whose
from decisions.wanted import SHOWS, SORTS, NoSuchPlace, Place, Show, Sort, Wanted, place, wanted
from tests.unit.decisions.cases import CVR, OTHER_CVR, company, fee, line
from tests.unit.decisions.shelves import TODAY, shelve, stated

WHOSE = Whose(CVR, False, TODAY)
NAMES = ("Anne", "anne", "Åse", "Ærø", "Øst", "Zoe", "", "Aa", "%_\\", "Ångström")
STAGES = ("awaiting_decision", "running", "checking", "paused", "escalated", "cancelled", None)


def fill(count: int, seed: int = 1) -> None:
    """Full of ties: few dates, few amounts, few names."""
    chance = random.Random(seed)
    for cvr in (CVR, OTHER_CVR):
        for stage in STAGES:
            made = []
            for number in range(count):
                name, amount = chance.choice(NAMES), chance.choice(("100.00", "250.50", "1000.00"))
                made.append(stated(f"{stage or 'u'}{number}", chance.randrange(1, 5), amount, name))
            shelve(made, stage, cvr)
    paid = [stated(f"paid{n}", n % 5, paid=Decimal("100.00"), status="paid") for n in range(count)]
    shelve(paid, "collecting_fees")
    shelve([replace(one, number=f"s{one.number}") for one in paid], "settled")
    shelve([stated(f"w{n}", n % 5) for n in range(count)], "settled", reason="waived")


def read(want: Wanted, most: int, whose: Whose = WHOSE) -> list[str]:
    """Page by page to the end."""
    numbers, at = list[str](), None
    with db.connection():
        while True:
            page = lists.page(whose, want, at, most)
            numbers += page.numbers
            if page.after is None:
                return numbers
            at = page.after


def read_back(want: Wanted, most: int) -> list[str]:
    """From the last page to the first."""
    with db.connection():
        everything = lists.page(WHOSE, want, None, 10_000)
        if not everything.lines:
            return []
        last, numbers = Place(*everything.lines[-1], is_after=False), [everything.lines[-1].number]
        while True:
            page = lists.page(WHOSE, want, last, most)
            numbers = page.numbers + numbers
            if page.before is None:
                return numbers
            last = page.before


def expected(show: Show) -> set[str]:
    of: dict[str, Any] = {
        "overdue": lambda k, p: k.outstanding > 0 and k.due_on < TODAY and k.number[0] != "w",
        "waiting": lambda k, p: k.outstanding > 0 and not k.asked,
        "running": lambda k, p: p in ("running", "checking"),
        "settled": lambda k, p: p in ("settled", "cancelled"),
    }
    with db.connection():
        stages = {row.invoice_number: row.stage for row in Procedure.select().where(Procedure.company == CVR)}
        known = list(KnownInvoice.select().where(KnownInvoice.company == CVR))
    return {row.number for row in known if of.get(show, lambda _, p: p == show)(row, stages.get(row.number))}


KEYS: dict[str, Any] = {
    "due": lambda row: (row.due_on, row.number),
    "amount": lambda row: (row.outstanding, row.number),
    "number": lambda row: (len(row.number), row.number),
}


@pytest.mark.parametrize("show", SHOWS)
def test_every_invoice_is_on_one_page_whatever_the_list_is_sorted_by(database: str, show: Show) -> None:
    fill(9)
    with db.connection():
        known = {row.number: row for row in KnownInvoice.select().where(KnownInvoice.company == CVR)}

    for sort in SORTS:
        for down in (False, True):
            want = Wanted(show=show, sort=sort, down=down)
            found = read(want, 4)

            assert sorted(found) == sorted(expected(show)), (sort, down)
            assert found == read(want, 10_000), "the size of a page changes nothing"
            assert found == read(replace(want, down=not down), 7)[::-1], "down is up the other way round"
            assert read_back(want, 4) == found, "and so it is from behind"
            if sort in KEYS:
                order = [KEYS[sort](known[number])[0] for number in found]
                assert order == sorted(order, reverse=down), (sort, down)


def test_names_stand_in_the_order_of_the_danish_alphabet(database: str) -> None:
    names_given = ["Åse", "Zoe", "anne", "Øst", "Ærø", "Bo", "Anne Å", "Ane"]
    shelve(stated(str(number), name=name) for number, name in enumerate(names_given))

    found = read(Wanted(show="running", sort="debtor"), 3)

    order = ["Ane", "anne", "Anne Å", "Bo", "Zoe", "Ærø", "Øst", "Åse"]
    assert [names_given[int(number)] for number in found] == order


def test_invoice_9_comes_before_invoice_10(database: str) -> None:
    shelve(stated(number) for number in ("10", "9", "100", "11"))

    for show in ("overdue", "running"):
        assert read(Wanted(show=show, sort="number"), 2) == ["9", "10", "11", "100"]


@pytest.mark.parametrize("show", ["overdue", "running"])
@pytest.mark.parametrize("sort", SORTS)
def test_rows_that_come_and_go_shift_no_others(database: str, show: Show, sort: Sort) -> None:
    shelve(stated(f"{number:03}", 5 + number // 4, f"{100 + number // 4}.00") for number in range(30))
    want = Wanted(show=show, sort=sort)
    with db.connection():
        first = lists.page(WHOSE, want, None, 10)
    gone, others = first.numbers[3], set(read(want, 100))
    with db.transaction():
        KnownInvoice.delete().where(KnownInvoice.number << [gone, first.numbers[-1]]).execute()
        Procedure.delete().where(Procedure.invoice_number << [gone, first.numbers[-1]]).execute()
    shelve([stated("000a", 400, "1.00")])

    with db.connection():
        assert first.after
        second = lists.page(WHOSE, want, first.after, 100)

    assert set(first.numbers) | set(second.numbers) - {"000a"} == others
    assert not set(first.numbers) & set(second.numbers)


def test_a_newer_round_takes_the_place_of_an_older_one(database: str) -> None:
    company()
    shelve([stated("1"), stated("2")], "settled", reason="paid")
    with db.transaction():
        again = Procedure.get(Procedure.invoice_number == "1").__data__ | {"id": "again", "round": 2}
        Procedure.insert(again | {"stage": "running"}).execute()

    with db.connection():
        counted = totals.totals(WHOSE).tabs
        stages = [row.standing.stage for row in rows.rows(_company(), ["1", "2"], TODAY) if row.standing]

    assert read(Wanted(show="settled"), 5) == ["2"]
    assert read(Wanted(show="running"), 5) == ["1"]
    assert (counted["settled"].count, counted["running"].count) == (1, 1)
    assert stages == ["running", "settled"]


# --- filters ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("show", ["overdue", "running", "settled"])
def test_filters_leave_what_they_say(database: str, show: Show) -> None:
    stage = "cancelled" if show == "settled" else "running"
    shelve(
        [stated("A-1", 10, "100.00", "Café Ørsted", customer="7"), stated("A-2", 40, "900.50", "Bo", customer="8")],
        stage,
    )
    shelve([stated("B_3", 40, "900.50", "100% Byg \\ Søn", customer="77"), stated("A-1")], stage, OTHER_CVR)
    shelve([stated("B_3", 40, "900.50", "100% Byg \\ Søn", customer="77")], stage)
    due = TODAY - timedelta(days=40)

    def found(**fields: Any) -> list[str]:
        return sorted(read(Wanted(show=show, **fields), 1))

    assert found(search="ørst") == found(search="CAFÉ Ø") == found(search="cafe") == ["A-1"]
    assert found(search="a-") == ["A-1", "A-2"]
    assert found(search="7") == ["A-1", "B_3"]
    assert found(search="%") == found(search="\\") == found(search="_") == ["B_3"]
    assert found(search="' OR 1=1 --") == []
    assert found(customer="7") == ["A-1"]
    assert found(amount_from=Decimal("900.50")) == ["A-2", "B_3"]
    assert found(amount_to=Decimal("900.49")) == ["A-1"]
    assert found(due_from=due, due_to=due, search="byg") == ["B_3"]
    assert found(due_from=due + timedelta(days=1)) == ["A-1"]


# --- sums ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("is_paused", [False, True])
def test_sums_are_those_of_the_rows(database: str, is_paused: bool) -> None:
    company()
    fill(4)
    shelve([stated("never", 3, "70.00")], "awaiting_decision", notified_on=None)
    whose = replace(WHOSE, is_paused=is_paused)

    with db.connection():
        found = totals.totals(whose)
        owed = {row.number: row.outstanding for row in KnownInvoice.select().where(KnownInvoice.company == CVR)}

    assert any(number[0] == "w" for number in owed)
    owed = {number: outstanding for number, outstanding in owed.items() if number[0] != "w"}
    for show in SHOWS:
        numbers = read(Wanted(show=show), 100, whose)
        assert found.tabs[show].count == len(numbers), show
        if show not in ("settled", "collecting_fees"):
            assert found.tabs[show].amount == sum(map(owed.__getitem__, numbers)), show
    assert found.owed.amount == sum(owed.values())
    assert ("never" in read(Wanted(show="waiting"), 9, whose)) == is_paused


def test_who_owes_fees_alone_is_counted_with_his_fees(database: str) -> None:
    shelve([stated("1", status="paid", paid=Decimal("100.00"))], "settled", reason="paid")
    shelve([stated("2", status="paid", paid=Decimal("100.00")), stated("3")], "collecting_fees")
    with db.transaction():
        again = Procedure.get(Procedure.invoice_number == "1").__data__ | {"id": "again", "round": 2}
        Procedure.insert(again | {"stage": "collecting_fees"}).execute()
    for number, procedure_id in enumerate((f"p-{CVR}-1", f"p-{CVR}-2", "again")):
        fee(procedure_id, number + 1, amount=f"{number + 1}0.00")
        line(procedure_id, "principal", "100.00", "principal")

    with db.connection():
        found = totals.totals(WHOSE)

    assert found.tabs["collecting_fees"] == totals.Sum(3, Decimal("60.00"))
    assert found.charges == Decimal("60.00")


def test_what_was_written_off_is_no_claim_any_more_but_what_was_stopped_is(database: str) -> None:
    company()
    shelve([stated("1"), stated("2"), stated("3")], "settled", reason="waived")
    shelve([stated("4", amount="70.00")], "cancelled", reason="stopped")
    shelve([stated("2"), stated("3"), stated("1")], "settled", OTHER_CVR, reason="paid", round=2)
    with db.transaction():
        again = Procedure.get(Procedure.company == CVR, Procedure.invoice_number == "3").__data__
        Procedure.insert(again | {"id": "again", "round": 2, "stage": "running", "reason": ""}).execute()

    with db.connection():
        found = totals.totals(WHOSE)
        shown = rows.rows(_company(), ["1", "3", "4"], TODAY)

    assert read(Wanted(), 1) == ["3", "4"]
    assert read(Wanted(show="settled"), 1) == ["1", "2", "4"]
    assert found.tabs["overdue"] == found.owed == totals.Sum(2, Decimal("170.00"))
    assert [(int(row.outstanding), row.days) for row in shown] == [(0, 0), (100, 20), (70, 20)]


def test_bands_end_where_they_say(database: str) -> None:
    days = (-1, 0, 1, 30, 31, 60, 61, 90, 91, 900)
    shelve(stated(str(n), each) for n, each in enumerate(days))

    with db.connection():
        found = totals.totals(WHOSE)

    assert [band.count for band in found.bands] == [2, 2, 2, 2, 2]
    assert found.tabs["overdue"].count == 8


def test_settled_invoices_are_counted_up_to_a_thousand(sqlite: str) -> None:
    shelve((stated(str(n)) for n in range(1100)), "cancelled")

    with db.connection():
        assert totals.totals(WHOSE).tabs["settled"].count == totals.MOST + 1


def test_rows_of_another_company_are_never_read(database: str) -> None:
    company()
    fill(3)
    shelve([stated("theirs", name="Theirs")], cvr=OTHER_CVR)

    with db.connection():
        assert not rows.rows(_company(), ["theirs"], TODAY)
    assert all("theirs" not in read(Wanted(show=show), 50) for show in SHOWS)


def _company() -> Any:
    from common.tables import Company

    return Company.get(Company.cvr == CVR)


def test_another_company_with_the_same_numbers_changes_nothing(database: str) -> None:
    company()
    shelve([stated("1", name="Mine")], "running")
    shelve([stated("1", name="Theirs"), stated("2", name="Theirs")], "escalated", OTHER_CVR, round=2)
    shelve([stated("2", name="Mine")], None)
    fee(f"p-{OTHER_CVR}-1", 1)
    with db.transaction():
        LedgerLine.update(company=OTHER_CVR).execute()

    with db.connection():
        one, two = rows.rows(_company(), ["1", "2"], TODAY)
        found = totals.totals(WHOSE)

    assert one.standing
    assert (one.invoice.debtor.name, one.standing.stage, one.charges) == ("Mine", "running", Decimal(0))
    assert (two.invoice.debtor.name, two.standing, two.picks) == ("Mine", None, True)
    assert (found.tabs["escalated"].count, found.charges, found.owed.count) == (0, Decimal(0), 2)


# --- what somebody asks for ------------------------------------------------------------------------------------------
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "show": st.sampled_from([*SHOWS, "x"]),
            "sort": st.sampled_from([*SORTS, "x"]),
            "down": st.sampled_from(["0", "1"]),
            "search": st.text(max_size=20),
            "amount_from": st.sampled_from(["", "1.250,50", "100", "x", "-1", "9999999999999"]),
            "due_to": st.sampled_from(["", "2026-11-03", "3/11-2026", "31.2.2026", "x"]),
            "customer": st.text(max_size=20),
        },
    )
)
def test_the_address_of_a_list_asks_for_it(query: dict[str, str]) -> None:
    from urllib.parse import parse_qsl, urlsplit

    want = wanted(query)

    again = wanted(dict(parse_qsl(urlsplit(want.address()).query)))

    assert again == replace(want, faults=())


def test_what_can_not_be_read_counts_for_nothing_and_is_named() -> None:
    found = wanted({"amount_from": "lots", "due_from": "31.2.2026", "due_to": "3.11.2026", "show": "x"})

    assert found == Wanted(due_to=date(2026, 11, 3), faults=("amount_from", "due_from"))


@given(
    st.text(max_size=30).filter(lambda text: "\0" not in text),
    st.text(max_size=30).filter(lambda text: "\0" not in text),
)
def test_a_place_is_found_again(key: str, number: str) -> None:
    at = Place(key, number)

    assert place(at.token(), "debtor", is_after=True) == at


@given(st.one_of(st.text(max_size=40), st.binary(max_size=40).map(lambda raw: Place(raw.hex(), "1").token()[:-3])))
def test_a_place_that_is_none_is_said_to_be_none(token: str) -> None:
    for sort in SORTS:
        try:
            place(token, sort, is_after=True)
        except NoSuchPlace:
            continue


@pytest.mark.parametrize(
    "token", ["WzEsIjEiXQ", "WyJ4IiwiMSJd", "", "é", Place(2**70, "1").token(), Place("a\0", "1").token()]
)
def test_a_place_of_another_kind_of_list_is_none(token: str) -> None:
    with pytest.raises(NoSuchPlace):
        place(token, "due", is_after=True)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=40), st.text(max_size=10))
def test_a_part_of_a_name_is_part_of_its_key(name: str, more: str) -> None:
    assert names.key(name.strip()) in names.key(more + name.strip() + more) or not name.isprintable() or len(name) > 30


@pytest.mark.parametrize("cvr", ["", "1234567", "123456789", "1' OR '1'='1", "١٢٣٤٥٦٧٨", "12345674\n"])
def test_what_is_no_number_of_a_company_comes_into_no_statement(cvr: str) -> None:
    with pytest.raises(ValueError, match="is no company's number"):
        Whose(cvr, False, TODAY)
