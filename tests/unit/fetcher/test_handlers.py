"""The handlers on a real database and a fake ERP: what is saved, what is said, and what a repeat does."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common import clock, db, names
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Company, FetchRun, Inbox, KnownInvoice, Outbox, SetAside
from common.topology import SUBSCRIPTIONS
from fetcher import handlers, pages, reading
from fetcher.erp import KeyRefused, Row, Unavailable, Unreadable
from fetcher.store import NoSuchCompany, NoSuchRun
from tests.unit.fetcher.fake_erp import ANE, bill
from tests.unit.fetcher.town import CVR, MONDAY, Town, day


# --- a fetch ---------------------------------------------------------------------------------------------------------
def test_fetch_requested_begins_a_run_and_wishes_for_the_first_page(town: Town) -> None:
    town.begin()

    assert (town.run().state, town.run().began_at) == ("running", MONDAY)
    assert [(event.type, getattr(event, "cursor", "")) for event in town.said()] == [
        ("fetch.page_requested", "after:0")
    ]
    assert town.erp.calls == []


def test_fetch_requested_again_by_one_who_forgot_it_begins_nothing(town: Town) -> None:
    town.fetch()
    before = (town.run().state, len(town.said()))
    with db.transaction():
        Inbox.delete().execute()

    with pytest.raises(AlreadyHandled, match="begun before"):
        town.begin()

    assert (town.run().state, len(town.said())) == before


def test_fetch_requested_without_a_key_fails_at_once(sqlite: str) -> None:
    town = Town(api_key=None, api_key_no=0)

    town.begin()

    (failed,) = town.said(e.FetchFailed)
    assert (failed.reason, failed.key_no) == ("no_key", 0)  # type: ignore[attr-defined]
    assert (town.run().state, town.run().reason) == ("failed", "no_key")


def test_fetch_requested_for_a_stranger_is_refused_by_name(sqlite: str) -> None:
    town = Town(cvr="99999999")

    with pytest.raises(NoSuchCompany, match=CVR):
        town.begin()


def test_a_page_of_a_fetch_that_never_began_is_refused_by_name(town: Town) -> None:
    with pytest.raises(NoSuchRun, match="f1"):
        town.hear(e.FetchPageRequested(company=CVR, fetch_id="f1", cursor="after:0"))


def test_a_fetch_says_what_is_overdue_and_how_it_ended(town: Town) -> None:
    town.erp.has(bill("1001"), bill("1002", paid=Decimal("1250.00")), bill("1003", due_on=date(2026, 3, 2)))

    ended = town.fetch()

    assert town.news() == ["invoice.overdue 1001 1"]
    (overdue,) = town.said(e.InvoiceOverdue)
    assert overdue.fetch_id == "f1"  # type: ignore[attr-defined]
    assert overdue.invoice.debtor == ANE  # type: ignore[attr-defined]
    assert isinstance(ended, e.FetchFinished)
    assert (ended.began_at, ended.seen, ended.overdue, ended.found, ended.set_aside) == (MONDAY, 2, 1, 0, 0)
    assert (town.run().state, town.run().ended_at) == ("finished", MONDAY)
    assert town.known("1002") is town.known("1003") is None


def test_an_invoice_is_saved_with_its_customer_and_with_the_one_it_gets_later(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    before = town.known()
    town.erp.change("1001", customer_number="BF-2", customer_name="Bo")

    town.look(now=day(1))

    after = town.known()
    assert before
    assert after
    assert (before.customer_number, after.customer_number) == ("BF-1", "BF-2")


def test_the_list_ends_at_the_cutoff_and_begins_at_no_date_the_first_time(town: Town) -> None:
    town.fetch()

    assert town.erp.calls == [("page_after", None, date(2026, 2, 23), "0")]  # five banking days before Monday


@pytest.mark.parametrize(("weekend_due", "news"), [("next", []), ("keep", ["invoice.overdue 1001 1"])])
def test_a_due_date_on_a_saturday_counts_as_monday_unless_it_is_kept(
    sqlite: str, weekend_due: str, news: list[str]
) -> None:
    town = Town(weekend_due=weekend_due, wait_days=1)
    town.erp.has(bill("1001", due_on=date(2026, 2, 28)))

    town.fetch()
    assert town.news() == news
    town.fetch("f2", day(1))

    assert town.news() == ["invoice.overdue 1001 1"]


def test_pages_are_read_until_an_empty_one_whatever_the_server_caps_them_at(town: Town) -> None:
    town.erp.cap = 2
    town.erp.has(*(bill(str(number)) for number in range(1001, 1006)))

    town.fetch()

    cursors = [event.cursor for event in town.said(e.FetchPageRequested)]  # type: ignore[attr-defined]
    assert cursors == ["after:0", "after:1002", "after:1004", "after:1005", "tracked:"]
    assert len(town.news()) == town.run().seen == town.run().overdue == 5


def test_a_server_that_ignores_the_cursor_is_read_by_page_numbers(town: Town) -> None:
    town.erp.cap, town.erp.obeys = 2, False
    town.erp.has(*(bill(str(number)) for number in (1003, 1001, 1005, 1002, 1004)))

    town.fetch()

    cursors = [event.cursor for event in town.said(e.FetchPageRequested)]  # type: ignore[attr-defined]
    assert cursors == ["after:0", "page:1:", "page:2:1003", "page:3:1005", "page:4:1005", "tracked:"]
    assert len(town.news()) == town.run().seen == town.run().overdue == 5


def test_a_server_that_sorts_but_ignores_the_cursor_is_noticed_on_the_second_page(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1001, 1004)))
    town.begin()
    town.hear(town.said()[-1])
    town.erp.obeys = False

    while isinstance(last := town.said()[-1], e.FetchPageRequested):
        town.hear(last)

    cursors = [event.cursor for event in town.said(e.FetchPageRequested)]  # type: ignore[attr-defined]
    assert cursors == ["after:0", "after:1003", "page:1:", "page:2:1001", "tracked:"]
    assert (len(town.news()), town.run().seen) == (3, 3)


def test_a_server_that_knows_no_pages_is_not_read_for_ever(town: Town) -> None:
    town.erp.obeys = town.erp.pages = False
    town.erp.has(bill("1002"), bill("1001"))

    ended = town.fetch()

    assert isinstance(ended, e.FetchFinished)
    assert len(town.news()) == 2


def test_a_second_fetch_without_changes_says_and_writes_nothing_of_invoices(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    before = town.state()
    town.erp.calls.clear()
    written: list[object] = []
    monkeypatch.setattr("fetcher.store._upsert", lambda _, rows: written.extend(rows))

    ended = town.fetch("f2", day(1))

    assert town.news() == ["invoice.overdue 1001 1"]
    assert (ended.seen, ended.overdue) == (1, 0)  # type: ignore[attr-defined]
    assert town.known().fetch_id == "f2"  # type: ignore[union-attr]
    assert town.state() == before
    assert written == []
    assert [call[0] for call in town.erp.calls] == ["page_after", "debtors", "page_after"]  # none by itself


def test_a_repeated_page_is_recognised_before_the_erp_is_asked(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.begin()
    (page,) = town.said()
    town.hear(page)
    town.erp.calls.clear()

    with pytest.raises(AlreadyHandled):
        town.hear(page)

    assert town.erp.calls == []
    assert len(town.news()) == 1


def test_two_of_the_same_page_at_once_are_written_once(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.erp.has(bill("1001"))
    town.begin()
    (page,) = town.said()
    town.hear(page)
    monkeypatch.setattr("common.inbox.refuse_handled", lambda *_: None)  # both have looked before either wrote

    with pytest.raises(AlreadyHandled):
        town.hear(page)

    assert len(town.news()) == 1
    assert town.run().seen == 1


def test_a_page_of_a_fetch_that_is_over_changes_nothing(town: Town) -> None:
    town.fetch()

    with pytest.raises(AlreadyHandled):
        town.hear(e.FetchPageRequested(company=CVR, fetch_id="f1", cursor="after:9"))


# --- the first fetch -------------------------------------------------------------------------------------------------
def test_the_first_fetch_asks_about_nothing_that_is_older_than_the_horizon(town: Town) -> None:
    horizon = MONDAY.date() - timedelta(days=60)
    town.erp.has(bill("1001", due_on=horizon), bill("1002", due_on=horizon - timedelta(days=1)))

    ended = town.fetch()

    assert town.news() == ["invoice.overdue 1001 1"]
    assert (ended.overdue, ended.found) == (1, 1)  # type: ignore[attr-defined]
    found = town.known("1002")
    assert found
    assert (found.asked, found.tracked, found.sequence, found.outstanding) == (False, False, 0, Decimal("1250.00"))


def test_later_fetches_list_from_the_horizon_of_the_first_one_that_was_finished(town: Town) -> None:
    town.erp.failures = [KeyRefused()]
    town.fetch("f1")
    town.fetch("f2", day(10))
    town.erp.has(bill("1001", due_on=date(2026, 1, 20)))

    town.fetch("f3", day(40))

    assert [call[1] for call in town.erp.calls if call[0] == "page_after" and call[3] == "0"] == [
        None,
        None,
        day(10).date() - timedelta(days=60),
    ]
    assert town.news() == ["invoice.overdue 1001 1"]  # unknown then, and not older than that horizon


# --- trust -----------------------------------------------------------------------------------------------------------
def trusted(town: Town, fetch_id: str, number: int, *, now: datetime | None = None) -> bool:
    """What the fetch of that day says of itself, and its row."""
    ended = town.fetch(fetch_id, now or day(number))
    assert isinstance(ended, e.FetchFinished)
    assert town.run(fetch_id).trusted is ended.trusted
    return ended.trusted


def test_a_fetch_that_sees_far_fewer_invoices_is_not_trusted_until_the_third_day(town: Town) -> None:
    town.erp.has(*(bill(str(number), paid=Decimal("1250.00")) for number in range(1001, 1031)))
    town.fetch()
    assert trusted(town, "f2", 1)
    for number in range(1006, 1031):
        del town.erp.rows[str(number)]

    said = [trusted(town, f"f{number}", number) for number in (3, 4)]
    said.append(trusted(town, "again", 4, now=day(4) + timedelta(hours=1)))
    said.append(trusted(town, "f5", 5))

    assert said == [False, False, False, True]
    assert [town.run(name).seen for name in ("f2", "f3")] == [30, 5]


def test_what_is_gone_from_a_fetch_that_is_not_trusted_is_withdrawn_only_once_it_is_believed(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1001, 1031)))
    town.fetch()
    assert trusted(town, "f2", 1)
    there = dict(town.erp.rows)
    town.erp.rows.clear()

    said = [trusted(town, f"f{number}", number) for number in (3, 4)]
    looked = town.look(now=day(4) + timedelta(hours=1))
    said.append(trusted(town, "f5", 5))
    withdrawn = [len(town.said(e.InvoiceWithdrawn))]
    del there["1001"]
    town.erp.rows.update(there)
    assert trusted(town, "f6", 6)
    withdrawn.append(len(town.said(e.InvoiceWithdrawn)))

    assert said == [False, False, True]
    assert looked.reason == "absent"  # type: ignore[attr-defined]
    assert withdrawn == [0, 1]
    assert [name for name in town.news() if "overdue" not in name] == ["invoice.withdrawn 1001 2"]


def test_the_first_fetch_lists_everything_and_is_no_measure(town: Town) -> None:
    old = MONDAY.date() - timedelta(days=100)
    town.erp.has(*(bill(str(number), due_on=old) for number in range(1001, 1031)), bill("1100"))

    assert trusted(town, "f1", 0)
    assert trusted(town, "f2", 1)

    assert (town.run("f1").seen, town.run("f2").seen) == (31, 1)


def test_a_fetch_that_began_before_the_first_one_ended_is_no_measure(town: Town) -> None:
    old = MONDAY.date() - timedelta(days=100)
    town.erp.has(*(bill(str(number), due_on=old) for number in range(1001, 1031)), bill("1100"))
    slowly = begun(town)
    town.fetch("f1", MONDAY + timedelta(hours=1))
    slowly(MONDAY + timedelta(hours=2))

    assert trusted(town, "f2", 1)

    assert [town.run(name).seen for name in ("f1", "f2")] == [31, 1]


def test_a_fetch_that_began_before_the_first_one_ended_is_not_measured(town: Town) -> None:
    town.erp.has(*(bill(str(number), paid=Decimal("1250.00")) for number in range(1001, 1031)))
    slowly = begun(town)
    town.fetch("f1", MONDAY + timedelta(hours=1))
    town.fetch("f2", day(1))
    town.erp.rows.clear()

    slowly(day(1) + timedelta(hours=1))

    assert [(town.run(name).seen, town.run(name).trusted) for name in ("f2", "slow")] == [(30, True), (0, True)]


def begun(town: Town) -> Callable[[datetime], None]:
    """A fetch begins; what is given lets it go on to its end."""
    town.begin("slow")
    (page,) = town.said()

    def go_on(now: datetime) -> None:
        town.hear(page, now)
        while isinstance(last := town.said()[-1], e.FetchPageRequested):
            town.hear(last, now)

    return go_on


def test_another_company_s_fetches_are_no_measure(town: Town) -> None:
    town.fetch()
    with db.transaction():
        for number, (company, state) in enumerate([("99000012", "finished"), (CVR, "failed"), (CVR, "running")]):
            at = day(1) + timedelta(hours=number)
            run = {"fetch_id": state + company, "company": company, "state": state, "seen": 300}
            FetchRun.create(**run, began_at=at, ended_at=at)

    assert trusted(town, "f2", 2)


# --- payments that nobody marks --------------------------------------------------------------------------------------
def marked(town: Town, fetch_id: str, number: int) -> bool:
    town.fetch(fetch_id, day(number))
    return bool(town.run(fetch_id).marks_paid)


def test_where_almost_nothing_is_marked_as_paid_it_is_said_once_until_payments_are_there(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1001, 1021)))
    said = [marked(town, f"f{number}", number) for number in (0, 1)]
    unmarked = town.said(e.PaymentsUnmarked)
    town.erp.change("1001", paid=Decimal("100.00"))
    said.append(marked(town, "f2", 2))
    town.erp.change("1001", paid=None)
    said.append(marked(town, "f3", 3))

    assert said == [False, False, True, False]
    assert [(one.fetch_id, one.seen, one.paid) for one in unmarked] == [("f0", 20, 0)]  # type: ignore[attr-defined]
    assert [one.fetch_id for one in town.said(e.PaymentsUnmarked)] == ["f0", "f3"]  # type: ignore[attr-defined]


def test_a_fetch_that_is_under_way_or_not_trusted_says_of_payments_what_the_one_before_it_did(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1001, 1031)))
    town.fetch()
    assert not marked(town, "f2", 1)
    town.begin("f3", day(2))
    under_way = town.run("f3").marks_paid
    town.erp.rows = {"1001": bill("1001", paid=Decimal("1250.00"))}
    assert not trusted(town, "f4", 3)

    assert [under_way, town.run("f4").marks_paid] == [False, False]


def test_the_fetch_that_saw_an_invoice_last_is_not_one_that_missed_it(town: Town) -> None:
    town.erp.has(bill("1001"), bill("1002"))
    town.fetch("f0", day(0))
    town.fetch("f1", day(1))
    del town.erp.rows["1001"]
    seen = []
    for number in range(2, 5):
        town.fetch(f"f{number}", day(number))
        known = [town.known("1001"), town.known("1002")]
        seen.append([row and row.fetch_id for row in known])

    assert seen == [["f1", "f2"], ["f1", "f3"], ["f1", "f4"]]
    assert town.state("1001").status == "withdrawn"


def test_one_that_was_found_is_seen_by_a_fetch_that_lists_it_and_by_no_other(town: Town) -> None:
    town.erp.has(bill("1001", issued_on=date(2024, 1, 2), due_on=date(2024, 1, 16)))
    seen = []
    for number in range(3):
        if number == 2:
            with db.transaction():
                Company.update(horizon_days=2000).execute()
        town.fetch(f"f{number}", day(number))
        known = town.known("1001")
        seen.append(known and known.fetch_id)

    assert seen == ["f0", "f0", "f2"]


# --- set aside -------------------------------------------------------------------------------------------------------
def test_a_malformed_invoice_is_set_aside_and_the_rest_goes_on(town: Town) -> None:
    town.erp.has(bill("1001"), Unreadable("1002", "amount_vat is 'abc'"), Unreadable("", "invoice_number is missing"))

    ended = town.fetch()

    assert town.news() == ["invoice.overdue 1001 1"]
    with db.connection():
        aside = [(row.number, row.reason, row.fetch_id) for row in SetAside.select().order_by(SetAside.number)]
    assert aside == [("1002", "amount_vat is 'abc'", "f1"), ("?", "invoice_number is missing", "f1")]
    assert ended.set_aside == 2  # type: ignore[attr-defined]


def test_a_company_is_told_once_of_each_invoice_that_is_set_aside(town: Town) -> None:
    town.erp.has(Unreadable("1002", "amount_vat is 'abc'"), Unreadable("", "invoice_number is missing"))
    told = []
    for number in range(5):
        if number == 2:
            town.erp.has(Unreadable("1003", "payment_date is missing"))
        if number == 3:
            town.erp.has(bill("1002"))
        if number == 4:
            town.erp.has(Unreadable("1002", "amount_vat is 'abc'"))
        town.fetch(f"f{number}", day(number))
        told.append([(one.fetch_id, one.count) for one in town.said(e.InvoicesSetAside)])  # type: ignore[attr-defined]

    assert told[0] == told[1] == [("f0", 2)]
    assert told[2] == told[3] == [*told[0], ("f2", 1)]
    assert told[4] == [*told[2], ("f4", 1)]


def test_one_that_a_look_could_not_read_is_told_of_with_the_next_fetch(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.has(Unreadable("1001", "amount_vat is 'abc'"))
    town.look(now=day(0) + timedelta(hours=1))

    town.fetch("f2", day(1))

    assert [one.fetch_id for one in town.said(e.InvoicesSetAside)] == ["f2"]  # type: ignore[attr-defined]


def test_an_invoice_that_reads_well_again_is_taken_back(town: Town) -> None:
    town.erp.has(Unreadable("1001", "payment_date is missing"), Unreadable("", "invoice_number is missing"))
    town.fetch()
    town.erp.rows = {"1001": bill("1001")}

    town.fetch("f2", day(1))

    with db.connection():
        assert SetAside.select().count() == 0
    assert town.news() == ["invoice.overdue 1001 1"]


def test_an_invoice_that_is_withdrawn_is_no_longer_set_aside(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.has(Unreadable("1001", "amount_vat is 'abc'"))
    town.fetch("f2", day(1))
    del town.erp.rows["1001"]
    town.fetch("f3", day(2))

    town.fetch("f4", day(3))

    assert town.news()[1:] == ["invoice.withdrawn 1001 2"]
    with db.connection():
        assert SetAside.select().count() == 0


def aside() -> list[str]:
    with db.connection():
        return [row.number for row in SetAside.select().order_by(SetAside.number)]


BROKEN = Unreadable("1002", "amount_vat is 'abc'")


def test_one_that_was_set_aside_and_is_gone_on_three_days_is_shown_no_more(either_town: Town) -> None:
    town = either_town
    town.erp.has(bill("1001"), BROKEN)
    town.fetch("f0", day(0))
    del town.erp.rows["1002"]
    seen = []
    for name, at in (("f1", day(1)), ("f1b", day(1) + timedelta(hours=3)), ("f2", day(2)), ("f3", day(3))):
        town.fetch(name, at)
        seen.append(aside())

    assert seen == [["1002"], ["1002"], ["1002"], []]
    assert town.erp.calls.count(("invoice", "1002")) == 4


def test_one_that_was_set_aside_and_is_listed_no_more_stays_while_the_erp_has_it(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is older than what is listed, say."""
    town.erp.has(BROKEN)
    town.fetch("f0", day(0))
    monkeypatch.setattr(town.erp, "_listed", lambda *_: [])
    for number in range(1, 6):
        town.fetch(f"f{number}", day(number))
    still = aside()
    town.erp.has(bill("1002"))

    town.fetch("f6", day(6))

    assert (still, aside()) == (["1002"], [])
    assert town.news() == ["invoice.overdue 1002 1"]


def test_a_fetch_that_is_not_trusted_or_failed_makes_nothing_disappear(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1, 31)), BROKEN)
    town.fetch("f0", day(0))
    for number in range(1, 4):
        town.fetch(f"f{number}", day(number))
    del town.erp.rows["1002"]
    town.fetch("f4", day(4))
    town.erp.failures = [KeyRefused("no")]
    town.fetch("f5", day(5))
    whole, town.erp.rows = town.erp.rows, {"1": bill("1")}
    town.fetch("f6", day(6))
    town.erp.rows = whole
    seen = []
    for number in range(7, 10):
        town.fetch(f"f{number}", day(number))
        seen.append(aside())

    assert not town.run("f6").trusted
    assert seen == [["1002"], ["1002"], []]


@pytest.mark.parametrize("number", [".", ".."])
def test_what_has_a_number_that_leads_elsewhere_is_not_asked_for(town: Town, number: str) -> None:
    town.erp.obeys = False
    town.erp.has(Unreadable(number, "invoice_number is a dot"), Unreadable("", "invoice_number is missing"))
    town.fetch("f0", day(0))
    town.erp.rows = {}

    town.fetch("f1", day(1))

    assert not [call for call in town.erp.calls if call[0] in ("invoice", "invoices")]


def test_what_is_followed_and_what_was_set_aside_is_asked_for_in_one_order(either_town: Town) -> None:
    town = either_town
    broken = [Unreadable(str(number), "amount_vat is 'abc'") for number in range(1000, 1120, 2)]
    town.erp.has(*(bill(str(number)) for number in range(1001, 1121, 2)), *broken)
    town.fetch("f0", day(0))
    rows, town.erp.rows = town.erp.rows, {}
    town.begin("f1", day(1))
    town.hear(town.said()[-1], day(1))
    town.erp.rows = rows

    while isinstance(last := town.said()[-1], e.FetchPageRequested):
        town.hear(last, day(1))

    asked = [number for call in town.erp.calls if call[0] == "invoices" for number in call[1:]]
    assert asked == [str(number) for number in range(1000, 1120)]
    assert last.set_aside == 60  # type: ignore[attr-defined]


def test_a_followed_invoice_that_is_malformed_today_is_not_asked_for_again(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.has(Unreadable("1001", "amount_vat is None"))

    ended = town.fetch("f2", day(1))

    assert ("invoice", "1001") not in town.erp.calls
    assert ended.set_aside == 1  # type: ignore[attr-defined]
    assert town.news() == ["invoice.overdue 1001 1"]


IMPOSSIBLE: dict[str, dict[str, Any]] = {
    "amount_vat is -1250.00 of an ordinary invoice": {"amount_vat": -1250},
    "payment_date is 2026-02-16, before it was issued on 2026-02-17": {"date": 1771282800},
    "payment_date is 253402300799": {"payment_date": 253402300799},
    "currency is 'EUR'": {"currency": "EUR"},
    "payed_amount is Decimal('-1.00')": {"payed_amount": -1},
}


def impossible(reason: str) -> Row:
    """What Ordrestyring's row is read as."""
    row = {"type": 1, "invoice_number": 1001, "customer_number": "BF-1", "cust_name": "Ane Holm"}
    row |= {"date": 1769986800, "payment_date": 1771196400, "amount_vat": 1250}
    return reading.invoice(row | IMPOSSIBLE[reason])


@pytest.mark.parametrize("reason", IMPOSSIBLE)
def test_what_is_impossible_is_set_aside_by_name_and_an_invoice_in_dunning_neither_ends_nor_vanishes(
    town: Town, reason: str
) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.procedure("running")
    before = town.state()
    town.erp.has(impossible(reason))
    town.erp.calls.clear()

    ended = [town.fetch(f"f{number}", day(number)) for number in (2, 3)]
    failed = [town.look(now=day(number), wake_no=number) for number in (2, 3)]

    known = town.known()
    assert known
    assert (town.state(), known.tracked, known.absent_on) == (before, True, None)
    assert town.news() == ["invoice.overdue 1001 1"]
    assert [one.set_aside for one in ended] == [1, 1]  # type: ignore[attr-defined]
    assert [one.reason for one in failed] == ["malformed"] * 2  # type: ignore[attr-defined]
    with db.connection():
        assert [(row.number, row.reason) for row in SetAside.select()] == [("1001", reason)]


def test_what_a_debtor_in_another_currency_owes_is_set_aside_and_what_he_has_paid_is_not(town: Town) -> None:
    town.erp.known_debtors["BF-2"] = Unreadable("BF-2", "currency_id is 'EUR'")
    town.erp.has(*(bill(number, customer_number="BF-2") for number in ("1001", "1002")), bill("1003"))
    town.fetch()
    town.erp.change("1002", paid=Decimal("1250.00"))

    town.fetch("f2", day(1))
    failed = town.look("1001", now=day(1))

    assert town.news() == ["invoice.overdue 1003 1"]
    assert failed.reason == "malformed"  # type: ignore[attr-defined]
    with db.connection():
        aside = [(row.number, row.reason) for row in SetAside.select().order_by(SetAside.number)]
    assert aside == [("1001", "of its debtor currency_id is 'EUR'")]


# --- what is followed ------------------------------------------------------------------------------------------------
def test_what_is_followed_and_not_on_the_list_is_asked_for(town: Town) -> None:
    town.erp.has(bill("1001"), bill("1002"))
    town.fetch()
    town.erp.calls.clear()
    town.erp.change("1001", due_on=date(2026, 4, 1))
    town.erp.change("1002", type="2")

    town.fetch("f2", day(1))

    assert ("invoices", "1001", "1002") in town.erp.calls
    assert town.news()[2:] == ["invoice.changed 1001 2", "invoice.credited 1002 2"]
    assert town.state("1001").due_on == date(2026, 4, 1)


def test_followed_invoices_are_asked_for_in_batches(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1000, 1120)))
    town.fetch()
    town.erp.calls.clear()
    for number in range(1000, 1120):
        town.erp.change(str(number), due_on=date(2026, 4, 1))

    town.fetch("f2", day(1))

    asked = [call[1:] for call in town.erp.calls if call[0] == "invoices"]
    assert [len(numbers) for numbers in asked] == [50, 50, 20]
    assert len({number for numbers in asked for number in numbers}) == 120
    assert sum(news.startswith("invoice.changed") for news in town.news()) == 120


def test_absent_twice_on_different_days_is_withdrawn(town: Town) -> None:
    town.erp.has(bill("1001"), bill("1002"))
    town.fetch()
    del town.erp.rows["1001"]

    town.fetch("f2", day(1))
    town.fetch("f3", day(1) + timedelta(hours=2))
    noted = town.known()
    assert noted
    assert (noted.absent_on, noted.tracked) == (day(1).date(), True)
    assert len(town.news()) == 2
    town.fetch("f4", day(2))

    assert town.news()[2:] == ["invoice.withdrawn 1001 2"]
    gone = town.known()
    assert gone
    assert (gone.tracked, gone.outstanding, town.state().status) == (False, Decimal("0.00"), "withdrawn")


def test_absent_once_and_back_is_forgotten(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    gone = town.erp.rows.pop("1001")
    town.fetch("f2", day(1))
    town.erp.has(gone)
    town.fetch("f3", day(2))
    del town.erp.rows["1001"]

    town.fetch("f4", day(3))

    assert town.news() == ["invoice.overdue 1001 1"]
    assert town.known().absent_on == day(3).date()  # type: ignore[union-attr]


def test_absent_then_malformed_then_absent_is_there_in_between(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    del town.erp.rows["1001"]
    town.fetch("f2", day(1))
    town.erp.has(Unreadable("1001", "amount_vat is None"))
    town.fetch("f3", day(2))
    del town.erp.rows["1001"]

    town.fetch("f4", day(3))

    assert town.news() == ["invoice.overdue 1001 1"]
    assert town.known().absent_on == day(3).date()  # type: ignore[union-attr]


def test_many_absent_at_once_are_asked_for_over_several_messages(town: Town) -> None:
    town.erp.has(*(bill(str(number)) for number in range(1001, 1026)))
    town.fetch()
    town.erp.rows.clear()
    town.erp.calls.clear()

    town.fetch("f2", day(1))

    asked = [call[1] for call in town.erp.calls if call[0] == "invoice"]
    assert asked == [str(number) for number in range(1001, 1026)]
    cursors = [e_.cursor for e_ in town.said(e.FetchPageRequested) if e_.fetch_id == "f2"]  # type: ignore[attr-defined]
    assert cursors == ["after:0", "tracked:", "tracked:1010", "tracked:1020"]
    assert pages.SINGLES == 10


def test_a_reversed_payment_reopens(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.change("1001", paid=Decimal("1250.00"), paid_on=day(1).date())
    town.fetch("f2", day(1))
    town.erp.change("1001", paid=None, paid_on=None)

    town.fetch("f3", day(2))

    assert town.news()[1:] == ["invoice.paid 1001 2", "invoice.reopened 1001 3"]
    assert town.known().tracked  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stages", "days", "tracked"),
    [
        ((), 90, True),
        ((), 93, False),
        (("collecting_fees",), 93, True),
        (("settled",), 93, False),
        (("settled", "running"), 93, True),
        (("running", "cancelled"), 93, False),
    ],
)
def test_a_paid_invoice_is_followed_while_its_procedure_or_a_reversal_may_need_it(
    town: Town, stages: tuple[str, ...], days: int, tracked: bool
) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.change("1001", paid=Decimal("1250.00"), paid_on=day(1).date())
    town.fetch("f2", day(1))
    for place, stage in enumerate(stages):
        town.procedure(stage, round_=place + 1)

    town.fetch("f3", day(1 + days))

    assert town.known().tracked is tracked  # type: ignore[union-attr]
    assert town.news() == ["invoice.overdue 1001 1", "invoice.paid 1001 2"]


# --- the ERP is away -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("attempt", "retry_after", "minutes"),
    [(0, None, 1), (1, None, 2), (5, None, 32), (6, None, 60), (500, None, 60), (0, 1800.0, 30), (12, 5.0, 60)],
)
def test_an_erp_that_is_away_is_asked_for_the_same_page_later(
    town: Town, attempt: int, retry_after: float | None, minutes: int
) -> None:
    town.begin()
    town.erp.failures = [Unavailable("it answered 503", retry_after)]
    began = clock.business_now()

    town.hear(e.FetchPageRequested(company=CVR, fetch_id="f1", cursor="after:0", attempt=attempt))

    again = town.said()[-1]
    assert isinstance(again, e.FetchPageRequested)
    assert (again.cursor, again.attempt) == ("after:0", attempt + 1)
    with db.connection():
        at = Outbox.select().order_by(Outbox.id.desc()).first().at
    assert timedelta(0) <= at - began - timedelta(minutes=minutes) < timedelta(seconds=5)
    assert (town.run().state, town.run().reason) == ("running", "it answered 503")


def test_an_erp_that_comes_back_is_read_on(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.erp.failures = [Unavailable("away"), Unavailable("away")]

    ended = town.fetch()

    assert isinstance(ended, e.FetchFinished)
    assert town.news() == ["invoice.overdue 1001 1"]
    assert town.run().reason == ""


@pytest.mark.parametrize(("hours", "kind"), [(71, e.FetchPageRequested), (72, e.FetchFailed)])
def test_after_three_days_the_fetch_is_given_up(town: Town, hours: int, kind: type[e.Event]) -> None:
    town.begin()
    town.erp.failures = [Unavailable("away")]

    town.hear(town.said()[-1], MONDAY + timedelta(hours=hours))

    assert isinstance(town.said()[-1], kind)


def test_away_while_a_newer_fetch_has_begun_ends_as_superseded(town: Town) -> None:
    town.begin("f1")
    (page,) = town.said()
    town.begin("f2", day(1))
    town.erp.failures = [Unavailable("away")]

    town.hear(page, day(1))

    failed = town.said()[-1]
    assert isinstance(failed, e.FetchFailed)
    assert (failed.fetch_id, failed.reason) == ("f1", "superseded")
    assert town.run("f2").state == "running"


def test_a_newer_fetch_does_not_stop_an_older_one_that_gets_its_answers(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.begin("f1")
    (page,) = town.said()
    town.begin("f2", day(1))

    town.hear(page, day(1))

    assert town.run("f1").state == "running"
    assert len(town.news()) == 1


def test_a_refused_key_ends_the_fetch_at_once(town: Town) -> None:
    town.erp.failures = [KeyRefused("the ERP answered 401")]

    failed = town.fetch()

    assert isinstance(failed, e.FetchFailed)
    assert (failed.reason, failed.key_no) == ("key_refused", 7)
    assert (town.run().state, len(town.erp.calls)) == ("failed", 1)


# --- single looks ----------------------------------------------------------------------------------------------------
def test_a_look_answers_with_the_full_state_of_just_now(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()

    checked = town.look(now=day(1), wake_no=4)

    assert isinstance(checked, e.InvoiceChecked)
    assert (checked.procedure_id, checked.invoice_number, checked.wake_no) == ("p1", "1001", 4)
    assert (checked.invoice.observed_at, checked.invoice.sequence) == (day(1), 1)
    assert town.news() == ["invoice.overdue 1001 1"]
    assert town.known().fetch_id == "f1"  # type: ignore[union-attr]


def test_a_look_that_sees_a_payment_says_both(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.change("1001", paid=Decimal("250.00"))

    checked = town.look(now=day(1))

    assert town.news()[1:] == ["invoice.partly_paid 1001 2"]
    assert town.known().fetch_id == "f1"  # type: ignore[union-attr]
    assert (checked.invoice.sequence, checked.invoice.outstanding) == (2, Decimal("1000.00"))  # type: ignore[attr-defined]


def test_a_look_that_was_overtaken_answers_with_what_is_known(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch(now=day(1))
    town.erp.change("1001", amount=Decimal("1.00"))

    checked = town.look(now=MONDAY)

    assert (checked.invoice.amount, checked.invoice.observed_at) == (Decimal("1250.00"), day(1))  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("failure", "reason"), [(Unavailable("away"), "unavailable"), (KeyRefused("401"), "key_refused")]
)
def test_a_look_that_fails_says_why(town: Town, failure: Exception, reason: str) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.failures = [failure]

    failed = town.look(now=day(1))

    assert isinstance(failed, e.InvoiceCheckFailed)
    assert failed.reason == reason
    assert len(town.news()) == 1


def test_a_look_without_a_key_says_so(sqlite: str) -> None:
    assert Town(api_key=None).look().reason == "no_key"  # type: ignore[attr-defined]


def test_a_look_at_what_is_malformed_sets_it_aside(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.has(Unreadable("1001", "amount_vat is None"))

    assert town.look(now=day(1)).reason == "malformed"  # type: ignore[attr-defined]

    with db.connection():
        assert SetAside.get().reason == "amount_vat is None"


def test_looks_on_two_days_at_what_is_gone_withdraw_it(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    town.erp.rows.clear()

    first, second = town.look(now=day(1)), town.look(now=day(2), wake_no=2)

    assert [first.reason, second.reason] == ["absent", "absent"]  # type: ignore[attr-defined]
    assert town.news()[1:] == ["invoice.withdrawn 1001 2"]


def test_a_look_at_what_nobody_knows_is_absent(town: Town) -> None:
    town.erp.has(bill("1001"))

    assert town.look().reason == "absent"  # type: ignore[attr-defined]
    assert town.known() is None


def test_a_repeated_look_asks_nobody(town: Town) -> None:
    town.look()
    town.erp.calls.clear()

    with pytest.raises(AlreadyHandled):
        town.look()

    assert town.erp.calls == []
    with db.connection():
        assert Inbox.get().consumer == "fetcher.look"


# --- what holds for all ----------------------------------------------------------------------------------------------
def test_nothing_is_written_when_saying_so_fails(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.erp.has(bill("1001"))
    town.begin()
    monkeypatch.setattr("common.outbox.add", lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        town.hear(town.said()[-1])

    with db.connection():
        assert (KnownInvoice.select().count(), FetchRun.get().seen) == (0, 0)


def test_no_page_is_read_inside_a_transaction(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    town.erp.has(bill("1001"))
    inside: list[bool] = []
    monkeypatch.setattr(town.erp, "_called", lambda *_: inside.append(db.handle.in_transaction()))

    town.fetch()
    town.look()

    assert len(inside) > 3
    assert not any(inside)


def test_every_event_of_the_queues_has_one_line_in_a_table() -> None:
    tables = {"fetcher": handlers.HANDLERS, "fetcher.look": handlers.LOOK_HANDLERS}

    for queue, table in tables.items():
        assert tuple(line.event for line in table) == SUBSCRIPTIONS[queue]
        assert all(line.by.__name__ == f"on_{line.event.type.replace('.', '_')}" for line in table)


# --- lists -----------------------------------------------------------------------------------------------------------
def filed(town: Town) -> tuple[Any, ...]:
    row = town.known("1001")
    assert row
    return row.due_on, row.debtor_key, row.customer_number, row.sequence


def test_invoices_are_filed_under_their_due_date_and_the_name_of_their_debtor(town: Town) -> None:
    town.erp.has(bill("1001"))

    town.fetch()
    first, state = filed(town), town.state("1001")
    town.erp.change("1001", due_on=date(2026, 2, 9))
    town.fetch("f2", day(1))

    assert first == (state.due_on, names.key(state.debtor.name), state.debtor.customer_number, 1)
    assert first[1] != ""
    assert filed(town)[0] == date(2026, 2, 9)


def test_an_invoice_that_older_code_saved_is_filed_by_the_next_fetch_and_is_no_news(town: Town) -> None:
    town.erp.has(bill("1001"))
    town.fetch()
    before = filed(town)
    with db.transaction():
        KnownInvoice.update(due_on=None, debtor_key="", customer_number="").execute()

    town.fetch("f2", day(1))

    assert filed(town) == before
    assert town.news() == ["invoice.overdue 1001 1"]
