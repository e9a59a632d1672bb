"""Whose a key is: fields of any likely name, and whatever a hostile answer holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fetcher.erp import Owner
from fetcher.owner import owner

JENSEN = Owner("Jensen VVS ApS", "12345674")


@pytest.mark.parametrize(
    "answer",
    [
        {"name": "Jensen VVS ApS", "cvr": "12345674"},
        {"company_name": "Jensen VVS ApS", "CVR-number": "DK 12 34 56 74", "name": "Ole Jensen"},
        {"customer": {"name": "Jensen VVS ApS", "cvr": 12345674}, "user": {"name": "Ole", "cvr": None}},
        {"identity": {"name": "Ole"}, "customer": "Jensen VVS ApS", "vat_no": "DK12345674"},
        {"user": {"id": 1, "name": "Ole", "company": {"Name": "  Jensen\tVVS\nApS ", "vat": "12345674"}}},
        [{"name": "Jensen VVS ApS", "cvr": "12345674"}],
        {"companies": [{"firmanavn": "Jensen VVS ApS", "cvrnummer": "12345674"}]},
    ],
    ids=str,
)
def test_the_company_is_found_under_likely_names(answer: Any) -> None:
    assert owner(answer) == JENSEN


@pytest.mark.parametrize(
    "answer",
    [
        None,
        True,
        7,
        "Jensen",
        [],
        {},
        {"message": "welcome"},
        {"name": 7},
        {"name": " \n\x00"},
        [[[[]]]],
    ],
    ids=str,
)
def test_an_answer_that_names_nobody_is_nobody(answer: Any) -> None:
    assert owner(answer) == Owner()


@pytest.mark.parametrize("cvr", [True, 1234567, "1234567", "123456789", 12.5, "0x12345674", "", {"a": 1}], ids=str)
def test_what_is_no_cvr_number_is_none(cvr: Any) -> None:
    assert owner({"name": "Jensen", "cvr": cvr}) == Owner("Jensen", "")


def test_a_name_is_short_printable_and_on_one_line() -> None:
    found = owner({"name": "Jensen\r\n\x00\x1b[31m\u202e" + "æ" * 1_000_000}).name

    assert found.startswith("Jensen")
    assert found.isprintable()
    assert len(found) <= 200


def test_a_huge_answer_is_not_looked_through() -> None:
    wide: dict[str, Any] = {f"field{number}": [{}] * 100 for number in range(10_000)} | {"name": "Jensen"}
    deep: Any = {"name": "Jensen"}
    for _ in range(500):
        deep = {"a": deep}

    assert (owner(wide), owner(deep)) == (Owner(), Owner())


json_values: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from(["12345674", "DK-1", "\x00", "\ud800"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["name", "cvr", "company", "a"]), inner),
)


@given(json_values)
def test_any_answer_gives_an_owner_that_can_be_stored_and_shown(answer: Any) -> None:
    found = owner(answer)

    assert found.name.isprintable()
    assert len(found.name) <= 200
    assert found.cvr == "" or (len(found.cvr), found.cvr.isdecimal()) == (8, True)
    json.dumps([found.name, found.cvr]).encode()
    found.name.encode()
