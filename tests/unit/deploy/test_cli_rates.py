"""`rykker rates`, and what `rykker doctor` says of them."""

import json
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from deploy.doctor import rates
from deploy.reports import doctor_page
from dunning.rates import STATUTORY, Rates
from tests.unit.deploy.conftest import Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]


def at(folder: Path, day: str) -> None:
    (folder / "clock").write_text(f"{day}T07:00:00+00:00 2026-11-23T05:00:00+00:00 0")


@pytest.fixture
def november(folder: Path, rykker: Rykker) -> Rykker:
    """The half-year has begun, and its rate is not one that the program knows."""
    at(folder, "2026-11-23")
    return rykker


def test_list_has_every_half_year_the_newest_first(rykker: Rykker) -> None:
    halves = told(rykker("rates", "list", "--json"))

    assert halves[0] == {
        "from_on": "2026-01-01",
        "reference_rate": "1.75",
        "default_interest": "9.75",
        "source": "program",
        "set_at": None,
    }
    assert halves[-1]["from_on"] == "2013-01-01"
    assert len(halves) == len(STATUTORY)


def test_list_says_what_nobody_has_said_and_what_to_type(november: Rykker) -> None:
    assert "rykker rates set 2026-07-01" in november("rates", "list").stdout
    assert told(november("rates", "list", "--json"))[0]["source"] == "missing"


def test_set_says_what_default_interest_is_from_then_on(november: Rykker) -> None:
    said = november("rates", "set", "2026-07-01", "2.00")
    again = told(november("rates", "set", "2026-07-01", "2.25", "--json"))

    page = november("rates", "list").stdout
    assert said.stdout.strip() == "from 2026-07-01 the reference rate is 2.00 %, and default interest 10.00 %"
    assert (again["reference_rate"], again["default_interest"], again["before"]) == ("2.25", "10.25", "2.00")
    assert again["set_at"] == "2026-11-23T07:00:00Z"
    assert "10.25 %" in page
    assert "an operator, 2026-11-23 08:00" in page


def test_set_takes_a_negative_rate(november: Rykker) -> None:
    said = told(november("rates", "set", "2026-07-01", "-0.45", "--json"))

    assert (said["reference_rate"], said["default_interest"]) == ("-0.45", "7.55")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("2026-07-02", "2.00"), "1 January or 1 July"),
        (("soon", "2.00"), "1 January or 1 July"),
        (("2026-07-01", "2,00"), "'2,00'"),
        (("2026-07-01", "200"), "between -5 and 25"),
        (("2026-07-01", "--2"), "'--2'"),
        (("2026-01-01", "2.00"), "The first that can be set is 2026-07-01"),
        (("2027-01-01", "2.00"), "Set that from 2026-07-01 first"),
        (("2027-07-01", "2.00"), "not further ahead"),
    ],
)
def test_what_is_wrong_is_refused_in_one_line(november: Rykker, words: tuple[str, str], said: str) -> None:
    assert said in refusal(november("rates", "set", *words), 2)
    assert told(november("rates", "list", "--json"))[0]["source"] == "missing"


# --- the doctor
JULY, JANUARY = date(2026, 7, 1), date(2027, 1, 1)
NONE, THIS = Rates(), Rates({JULY: Decimal("2.00")})
NEXT = Rates({JULY: Decimal("2.00"), JANUARY: Decimal("2.25")})


@pytest.mark.parametrize(
    ("known", "today", "mark", "words"),
    [
        (NONE, date(2026, 6, 16), "✓", "known until 2026-06-30"),
        (NONE, date(2026, 6, 17), "!", "known until 2026-06-30"),  # 14 days before
        (NONE, date(2026, 6, 30), "!", "known until 2026-06-30"),
        (NONE, date(2026, 7, 1), "✗", "default interest ends with 2026-06-30"),
        (NONE, date(2027, 1, 1), "✗", "2026-07-01, 2027-01-01"),
        (THIS, date(2026, 12, 17), "✓", "known until 2026-12-31"),
        (THIS, date(2026, 12, 18), "!", "known until 2026-12-31"),
        (NEXT, date(2026, 12, 18), "✓", "known until 2027-06-30"),
        (Rates({JANUARY: Decimal("2.25")}), date(2027, 2, 1), "✗", "2026-06-30"),  # a gap in the middle
    ],
)
def test_the_doctor_finds_a_rate_that_is_not_known(known: Rates, today: date, mark: str, words: str) -> None:
    found = rates.finding(known, today)

    assert found.mark == mark
    assert found.ok is (mark != "✗")
    assert words in found.found


@pytest.mark.parametrize(("today", "first"), [(date(2026, 6, 30), JULY), (date(2027, 2, 1), JULY)])
def test_the_doctor_says_which_command_to_run(today: date, first: date) -> None:
    assert f"`rykker rates set {first} PERCENT`" in rates.finding(NONE, today).todo


def test_doctor_goes_by_the_business_clock(folder: Path, rykker: Rykker) -> None:
    rykker("company", "add", "12345674", "--name", "Jensen VVS", "--email", "j@vvs.example", "interest=yes")

    def found(day: str) -> object:
        at(folder, day)
        findings = json.loads(rykker("doctor", "--json").stdout)  # other things are wrong: it ends with 1
        return next(one["ok"] for one in findings if one["about"] == "reference rate")

    assert (found("2026-06-20"), found("2026-07-01")) == (True, False)
    rykker("rates", "set", "2026-07-01", "2.00")
    assert found("2026-07-01") is True


def test_status_says_that_a_rate_is_missing_where_interest_is_charged(folder: Path, rykker: Rykker) -> None:
    at(folder, "2026-07-01")
    rykker("company", "add", "12345674", "--name", "Jensen VVS", "--email", "j@vvs.example")
    free = json.loads(rykker("status", "--json").stdout)
    rykker("company", "set", "12345674", "interest=yes")

    charged, page = json.loads(rykker("status", "--json").stdout), rykker("status").stdout

    assert (free["unknown_rates"], charged["unknown_rates"]) == ([], ["2026-07-01"])
    assert "It ends with the day before 2026-07-01" in page


def test_what_is_wrong_soon_is_shown_and_counted_apart() -> None:
    soon, good = (rates.finding(NONE, JULY - timedelta(days=days)) for days in (3, 30))
    page = StringIO()

    Console(width=100, file=page).print(doctor_page.shown([soon, good, good]))

    assert "! reference rate" in page.getvalue()
    assert "2 right, 1 wrong soon, 0 wrong, 0 not checked" in page.getvalue()


def test_where_nobody_charges_interest_an_unknown_rate_is_advice() -> None:
    ill, advice = (rates.finding(NONE, JULY, is_charged=charged) for charged in (True, False))

    assert (ill.ok, advice.ok, advice.mark) == (False, True, "!")
    assert ill.todo == advice.todo
