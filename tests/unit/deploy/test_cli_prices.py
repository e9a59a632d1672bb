"""`rykker prices`: dated, and never changed for days that are over. It is Monday, 2026-03-02."""

from typing import Any

import pytest

from tests.unit.deploy.conftest import Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]


def listed(rykker: Rykker) -> list[tuple[Any, ...]]:
    rows = told(rykker("prices", "list", "--json"))
    return [(row["item"], row["from_on"], row["amount"], row["applies"]) for row in rows]


def test_prices_are_none_at_first(rykker: Rykker) -> None:
    assert listed(rykker) == []
    assert rykker("prices", "list").stdout.strip() == "–"


def test_a_price_applies_from_its_day_on_and_the_one_before_it_until_then(rykker: Rykker) -> None:
    rykker("prices", "set", "reminder", "2026-12-01", "45.00")
    rykker("prices", "set", "reminder", "2026-03-02", "40")
    rykker("prices", "set", "collection_notice", "2026-03-03", "1000")

    shown = rykker("prices", "set", "fee_reminder", "2026-03-02", "0,50")

    assert listed(rykker) == [
        ("collection_notice", "2026-03-03", "1000.00", "later"),
        ("fee_reminder", "2026-03-02", "0.50", "now"),
        ("reminder", "2026-03-02", "40.00", "now"),
        ("reminder", "2026-12-01", "45.00", "later"),
    ]
    assert "1,000.00" in shown.stdout
    assert told(rykker("prices", "list", "--json"))[0]["set_at"] == "2026-03-02T07:00:00Z"


def test_a_price_that_is_to_come_is_replaced(rykker: Rykker) -> None:
    rykker("prices", "set", "reminder", "2026-03-03", "40")

    rykker("prices", "set", "reminder", "2026-03-03", "41")

    assert listed(rykker) == [("reminder", "2026-03-03", "41.00", "later")]


def test_a_price_that_was_replaced_no_longer_applies(rykker: Rykker, folder: Any) -> None:
    rykker("prices", "set", "reminder", "2026-03-02", "40")
    rykker("prices", "set", "reminder", "2026-03-03", "41")
    (folder / "clock").write_text("2026-03-02T23:00:00+00:00 2026-11-23T05:00:00+00:00 0")  # midnight in Copenhagen

    assert [row[3] for row in listed(rykker)] == ["no longer", "now"]
    assert "has begun" in refusal(rykker("prices", "set", "reminder", "2026-03-03", "42"), 2)
    assert "2026-03-02 is over" in refusal(rykker("prices", "set", "reminder", "2026-03-02", "42"), 2)


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("reminder", "2026-03-01", "45"), "2026-03-01 is over"),
        (("reminder", "2026-03-02", "45"), "has begun"),
        (("reminder", "tomorrow", "45"), "'tomorrow'"),
        (("reminder", "2026-02-30", "45"), "'2026-02-30'"),
        (("reminder", "2026-12-01", "1000.01"), "'1000.01'"),
        (("reminder", "2026-12-01", "45.005"), "'45.005'"),
        (("reminder", "2026-12-01", "NaN"), "'NaN'"),
        (("reminder", "2026-12-01", "1e2"), "0 to 1000 kr."),
        (("reminder", "2026-12-01", "-1"), "AMOUNT must be an amount of 0 to 1000 kr.; it is '-1'"),
        (("reminder", "9999-12-31", "45"), "9999-12-31 is too far ahead"),
        (("reminder", "0001-01-01", "45"), "0001-01-01 is over"),
    ],
    ids=str,
)
def test_what_is_wrong_is_refused_by_name(rykker: Rykker, words: tuple[str, ...], named: str) -> None:
    rykker("prices", "set", "reminder", "2026-03-02", "40")

    assert named in refusal(rykker("prices", "set", *words), 2)

    assert listed(rykker) == [("reminder", "2026-03-02", "40.00", "now")]


@pytest.mark.parametrize("words", [("letter", "2026-12-01", "45"), ("reminder", "2026-12-01", "-1"), ("reminder",)])
def test_what_is_no_such_command_is_refused(rykker: Rykker, words: tuple[str, ...]) -> None:
    assert rykker("prices", "set", *words).exit_code == 2
    assert listed(rykker) == []
