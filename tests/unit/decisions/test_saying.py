from datetime import date, timedelta
from typing import Any

import pytest

from decisions.saying import Incomplete, Said, plain, said, typed

TODAY = date(2026, 11, 23)


def faults(kind: Any, **fields: str) -> dict[str, str]:
    with pytest.raises(Incomplete) as caught:
        said(kind, typed(kind, fields), TODAY)
    return caught.value.faults


def test_each_kind_has_its_own_fields_and_no_others() -> None:
    everything = {"words": "Nej", "paid_on": "2026-11-20", "reference": "4711", "phone": "12 34 56 78"}

    assert said("dispute", typed("dispute", everything), TODAY) == Said(kind="dispute", words="Nej")
    assert said("paid", typed("paid", everything), TODAY) == Said(
        kind="paid", paid_on=date(2026, 11, 20), reference="4711"
    )
    assert said("call", typed("call", everything), TODAY) == Said(kind="call", phone="12 34 56 78")
    assert said("withdraw", typed("withdraw", everything), TODAY) == Said(kind="withdraw")


@pytest.mark.parametrize(
    ("words", "fault"),
    [("", "words.missing"), (" \r\n\t ", "words.missing"), ("\x00\u202e", "words.missing"), ("x" * 2001, "words.long")],
)
def test_a_dispute_says_something_and_not_too_much(words: str, fault: str) -> None:
    assert faults("dispute", words=words) == {"words": fault}


def test_two_thousand_characters_are_room_enough_however_lines_end() -> None:
    words = "\r\n".join(["x" * 199] * 10)

    assert len(said("dispute", typed("dispute", {"words": words}), TODAY).words) == 1999


@pytest.mark.parametrize(
    ("paid_on", "fault"),
    [
        ("", "paid_on.missing"),
        ("2026-11-24", "paid_on.future"),
        ("2024-11-21", "paid_on.old"),
        ("2026-02-30", "paid_on.unclear"),
        ("i går", "paid_on.unclear"),
        ("0000-00-00", "paid_on.unclear"),
        ("٢٠٢٦-١١-٢٠", "paid_on.unclear"),
        ("2026-11-20T00:00", "paid_on.unclear"),
        ("9" * 400, "paid_on.unclear"),
    ],
)
def test_a_payment_has_a_day_that_can_be(paid_on: str, fault: str) -> None:
    assert faults("paid", paid_on=paid_on) == {"paid_on": fault}


@pytest.mark.parametrize("paid_on", ["2026-11-20", "20.11.2026", "20. 11. 2026", "20-11-2026", "20/11/2026"])
def test_a_day_is_read_as_browsers_and_danes_write_it(paid_on: str) -> None:
    assert said("paid", typed("paid", {"paid_on": paid_on}), TODAY).paid_on == date(2026, 11, 20)


@pytest.mark.parametrize("paid_on", [TODAY, TODAY - timedelta(days=730)])
def test_the_first_and_the_last_day_count(paid_on: date) -> None:
    assert said("paid", typed("paid", {"paid_on": str(paid_on)}), TODAY).paid_on == paid_on


def test_every_field_that_is_wrong_is_named_at_once() -> None:
    assert faults("paid", paid_on="", reference="x" * 101) == {
        "paid_on": "paid_on.missing",
        "reference": "reference.long",
    }


@pytest.mark.parametrize(
    "phone", ["12345678", "+45 12 34 56 78", "  +4512345678 ", "112 112", "12\u00a034\u00a056\u00a078"]
)
def test_a_phone_number_is_read_loosely(phone: str) -> None:
    assert said("call", typed("call", {"phone": phone}), TODAY).phone == " ".join(phone.split())


@pytest.mark.parametrize(
    ("phone", "fault"),
    [
        ("", "phone.missing"),
        ("12345", "phone.unclear"),
        ("1" * 21, "phone.unclear"),
        ("45+12345678", "phone.unclear"),
        ("++4512345678", "phone.unclear"),
        ("+     ", "phone.unclear"),
        ("ring 12345678", "phone.unclear"),
        ("١٢٣٤٥٦٧٨", "phone.unclear"),
    ],
)
def test_what_is_no_phone_number_is_refused(phone: str, fault: str) -> None:
    assert faults("call", phone=phone) == {"phone": fault}


def test_text_is_kept_but_for_what_can_not_be_seen_or_stored() -> None:
    assert plain("a\x00b\u202ec\ud800d\r\ne\rf\tg", lines=True) == "abcd\ne\nf g"
    assert plain(" a\n b ") == "a b"
    assert plain("æøå 😀 <b>&amp;{x}") == "æøå 😀 <b>&amp;{x}"
