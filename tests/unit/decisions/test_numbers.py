"""A company's figures, of histories that dunning's own handlers wrote; what they should come to is computed by hand."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest

from common import clock, db
from common.events import Debtor
from common.ledger import owed
from common.money import ZERO
from common.tables import LedgerLine, Letter, Price, Procedure
from decisions import numbers
from decisions.figures import Charged, Days, Period, period
from decisions.numbers import Numbers
from decisions.remembered import Remembered
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR
from tests.unit.decisions.histories import History, parts

DUE, FOUND, START, SILENCE = date(2026, 3, 2), date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 16)
TODAY = date(2026, 5, 20)


def day(month: int, number: int) -> date:
    return date(2026, month, number)


def asked(number: str, cvr: str = CVR) -> History:
    return History(number, DUE, FOUND, cvr).asked(FOUND)


def started(number: str) -> History:
    """By the company's answer, and its first reminder has left."""
    return asked(number).answered("start", START).reminded(START)


def by_silence(number: str) -> History:
    return asked(number).reminded(SILENCE)


def handed_on(number: str) -> History:
    return by_silence(number).reminded(day(3, 26)).reminded(day(4, 7)).rings(day(4, 22))


def many_histories() -> None:
    cases.company()
    with db.transaction():
        Price.create(item="reminder", from_on=date(2026, 1, 1), amount=Decimal("45.00"), set_at=MONDAY)
    started("A").paid("400.00", day(3, 12)).reminded(day(3, 21)).paid("1000.00", day(3, 25)).answered(
        "received", day(3, 27)
    )
    handed_on("B").paid("1000.00", day(4, 25)).answered("cover", day(4, 27))
    asked("C").answered("stop", START).paid("1000.00", day(3, 20))
    asked("D").answered("stop", START, by="bog@holm.dk")
    asked("E").paid("1000.00", day(3, 12))
    History("F", DUE, FOUND, paid=Decimal("250.00"), paid_on=day(3, 5)).asked(FOUND)
    started("G").credited(day(3, 15))
    asked("H").withdrawn(day(3, 14))
    started("I").answered("waive", day(3, 18))
    started("J").bounced(1, day(3, 13))
    by_silence("K").paid("1000.00", day(3, 15), known_on=day(3, 24))
    paid_twice = started("M").paid("1100.00", day(3, 20)).reopened(day(4, 1))
    paid_twice.asked(day(4, 2)).paid("1100.00", day(4, 14))


def read(name: str = "all", today: date = TODAY, cvr: str = CVR) -> Numbers:
    with db.connection():
        return numbers.of_company(cvr, period(name, today), today)


@pytest.fixture
def histories(database: str) -> None:
    many_histories()


@pytest.mark.usefixtures("histories")
def test_every_figure_is_what_a_person_computes_by_hand() -> None:
    found = read()

    assert {name: str(amount) for name, amount in found.recovered.parts.items() if amount} == {
        "before": "250.00",
        "notice": "3000.00",  # C, E, and K, of which was known later that it had been paid before the reminder
        "reminder_1": "1400.00",  # A's 400, M's 1,000 twice less once
        "reminder_2": "600.00",
        "escalated": "1000.00",
    }
    assert parts(found) == {
        "paid_unstarted": 2,  # E, and M in its second round
        "paid_answer": 2,  # A, and M in its first
        "paid_silence": 1,
        "stopped_link": 1,
        "stopped_portal": 1,
        "taken_back": 2,  # G, H
        "written_off": 1,
        "waiting": 1,  # F
        "going": 2,  # J, and K for its fee
    }
    kroner = Decimal("100.00")
    assert found.charges.parts["fee"] == Charged(
        charged=10 * kroner, collected=3 * kroner, waived=kroner, covered=3 * kroner, reversed=2 * kroner
    )
    assert found.charges.parts["fee"].left == kroner  # K's
    assert (found.charges.costs, found.charges.lost) == (Decimal("135.00"), Decimal("1000.00"))
    assert found.paying.since_due == Days(7, 13, 18, 43)  # of 10, 13, 18, 18, 23, 43, 54
    assert found.paying.since_start == Days(3, 9, 14, 40)
    assert found.paying.months == {day(3, 1): Days(5, 13, 18, 18), day(4, 1): Days(2, 43, 43, 54)}


@pytest.mark.usefixtures("histories")
def test_the_figures_agree_with_the_ledger() -> None:
    found = read()

    with db.connection():
        lines = list(LedgerLine.select())
    open_ = owed(lines)
    assert found.charges.total.left == open_.charges
    assert {name: part.left for name, part in found.charges.parts.items()} == {
        "fee": open_.fee,
        "interest": open_.interest,
        "compensation": open_.compensation,
    }
    assert found.charges.costs == open_.company
    principal = [line for line in lines if line.account == "principal"]
    assert found.recovered.total == -owed(line for line in principal if line.against == "received").principal
    assert found.charges.lost == -owed(line for line in principal if line.against == "lost").principal


@pytest.mark.usefixtures("histories")
def test_a_period_counts_what_happened_in_it_and_who_still_goes_on() -> None:
    found = read("30", day(5, 13))  # from 14 April on

    assert (found.recovered.parts["reminder_1"], found.recovered.total) == (Decimal("1000.00"), Decimal("2000.00"))
    assert parts(found) == {"paid_unstarted": 1, "paid_silence": 1, "waiting": 1, "going": 2}
    fee = found.charges.parts["fee"]
    assert (fee.charged, fee.collected, fee.covered) == (ZERO, Decimal("100.00"), Decimal("300.00"))
    assert found.paying.months == {day(4, 1): Days(2, 43, 43, 54)}
    assert read("30", day(5, 14)).recovered.total == Decimal("1000.00")  # from 15 April on


@pytest.mark.usefixtures("histories")
def test_periods_next_to_each_other_come_to_the_whole() -> None:
    with db.connection():
        whole, late = read(), numbers.of_company(CVR, Period("late", day(3, 16)), TODAY)
        early_lines = [x for x in LedgerLine.select() if x.account in ("fee", "interest") and x.booked_on < day(3, 16)]

    assert whole.charges.total.left == late.charges.total.left + owed(early_lines).charges


def test_interest_and_compensation_stand_beside_the_fees(sqlite: str) -> None:
    cases.company(interest=True, compensation=True)
    firm = Debtor(customer_number="C-1", name="Ørsted ApS", email="bog@orsted.example", cvr="10150817")
    History("1", DUE, FOUND, debtor=firm).asked(FOUND).answered("start", START).reminded(START)

    charged = {name: part.charged for name, part in read().charges.parts.items()}

    with db.connection():
        interest = owed(line for line in LedgerLine.select() if line.account == "interest").interest
    assert charged == {"fee": Decimal("100.00"), "interest": interest, "compensation": Decimal("310.00")}
    assert interest > 0


def test_a_collection_notice_is_a_step_and_one_that_came_with_the_last_reminder_is_none(sqlite: str) -> None:
    cases.company(collection_notice="after", reminders=1)
    started("1").reminded(day(3, 23)).paid("1000.00", day(3, 30))
    cases.company(OTHER_CVR, reminders=1)
    other = asked("2", OTHER_CVR).answered("start", START).reminded(START)
    other.paid("1000.00", day(3, 30))

    assert read().recovered.parts["collection_notice"] == Decimal("1000.00")
    assert read(cvr=OTHER_CVR).recovered.parts["reminder_1"] == Decimal("1000.00")


def test_nothing_of_another_company_counts(database: str) -> None:
    cases.company()
    cases.company(OTHER_CVR)
    asked("1").paid("1000.00", day(3, 12))
    asked("1", OTHER_CVR).answered("stop", START)

    assert parts(read()) == {"paid_unstarted": 1}
    assert (parts(read(cvr=OTHER_CVR)), read(cvr=OTHER_CVR).recovered.total) == ({"stopped_link": 1}, ZERO)
    with db.connection():
        numbers.forget()
        everybody = numbers.of_all(period("all", TODAY), TODAY)
    assert (parts(everybody), everybody.recovered.total) == (
        {"paid_unstarted": 1, "stopped_link": 1},
        Decimal("1000.00"),
    )


def test_a_day_is_copenhagens(database: str) -> None:
    """A letter that leaves at half past midnight, when it is the day before in UTC."""
    cases.company()
    history = started("1")
    with db.transaction():
        at = datetime.fromisoformat("2026-06-10T22:30:00+00:00")
        Letter.update(sent_at=at).where(Letter.kind == "reminder").execute()
        Procedure.update(last_reminder_on=day(6, 11)).execute()
    history.paid("400.00", day(6, 10)).paid("1000.00", day(6, 11))

    found = read().recovered.parts

    assert (found["notice"], found["reminder_1"]) == (Decimal("400.00"), Decimal("600.00"))


def test_a_reminder_that_came_back_is_no_step(database: str) -> None:
    cases.company()
    history = started("1").bounced(1, day(3, 12)).reachable_at("ny@holm.example", day(3, 13)).reminded(day(3, 23))

    history.paid("1000.00", day(3, 16), known_on=day(3, 25))

    found = read().recovered.parts
    assert (found["notice"], found["reminder_1"]) == (Decimal("1000.00"), ZERO)


def test_an_invoice_that_starts_after_it_was_stopped_counts_from_then(sqlite: str) -> None:
    cases.company()
    history = asked("1").answered("stop", START)
    assert parts(read()) == {"stopped_link": 1}

    history.answered("start", day(3, 20), by="bog@holm.dk").reminded(day(3, 20)).paid("1100.00", day(3, 24))

    assert parts(read()) == {"paid_answer": 1}
    assert read().paying.since_start == Days(1, 4, 4, 4)


def test_reading_takes_five_statements_however_much_there_is(sqlite: str, monkeypatch: pytest.MonkeyPatch) -> None:
    cases.company()
    assert _statements(monkeypatch) == 5
    for number in "12345":
        started(number).paid("1100.00", day(3, 20))

    assert _statements(monkeypatch) == 5


def _statements(monkeypatch: pytest.MonkeyPatch) -> int:
    asked_for: list[object] = []
    run = db.handle.obj.execute_sql

    def counted(*given: object) -> object:
        asked_for.append(given)
        return run(*given)

    with db.connection(), monkeypatch.context() as watched:
        watched.setattr(db.handle.obj, "execute_sql", counted)
        numbers.of_company(CVR, period("year", TODAY), TODAY)
    return len(asked_for)


def test_the_figures_of_all_are_found_out_once_in_some_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    now = MONDAY
    monkeypatch.setattr(clock, "real_now", lambda: now)
    known: Remembered[str, int] = Remembered(timedelta(minutes=5))
    found = iter(range(10))

    first = [known.get("a", lambda: next(found)) for _ in range(3)]
    other = known.get("b", lambda: next(found))
    now += timedelta(minutes=5)

    assert (first, other, known.get("a", lambda: next(found))) == ([0, 0, 0], 1, 2)


def test_who_comes_while_somebody_finds_out_gets_what_was_known(monkeypatch: pytest.MonkeyPatch) -> None:
    now = MONDAY
    monkeypatch.setattr(clock, "real_now", lambda: now)
    known: Remembered[str, str] = Remembered(timedelta(minutes=5))
    known.get("a", lambda: "old")
    now += timedelta(minutes=6)

    seen: list[str] = []

    def finding() -> str:
        seen.append(known.get("a", lambda: "twice"))
        return "new"

    newest = known.get("a", finding)

    assert (newest, seen, known.get("a", lambda: "later")) == ("new", ["old"], "new")


def test_a_large_company_waits_for_its_figures_once_in_some_minutes(
    sqlite: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases.company()
    monkeypatch.setattr(numbers, "LARGE", 1)
    started("1")
    small = _statements(monkeypatch)

    started("2")
    large = [_statements(monkeypatch) for _ in range(2)]

    assert (small, large) == (5, [5, 1])
    numbers.forget()
