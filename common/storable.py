"""What our databases and calendars can hold; an event with anything else is refused before it breaks a transaction."""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.money import is_money

LARGEST_NUMBER = 2**31 - 1  # of PostgreSQL's integers
YEARS = range(1950, 2100)  # what the calendar knows, and a year to spare
LONGEST = {"company": 8, "id": 36, "fetch_id": 36, "procedure_id": 36, "letter_id": 36}  # as tables.py has them
LONGEST_TEXT = 500  # characters of anything else; an index of PostgreSQL holds 2,700 bytes
_UNWRITABLE = re.compile("[\x00\ud800-\udfff]")  # no text of PostgreSQL holds a NUL, no UTF-8 a lone surrogate


def refuse_unstorable(value: object) -> None:
    """Raises ValueError, which names the field and says what is wrong with it."""
    for name, content in vars(value).items():
        if (fault := _FAULTS.get(type(content))) and (said := fault(name, content)):
            raise ValueError(f"{name} {said}")


def _fault_of_text(name: str, text: str) -> str | None:
    most = LONGEST.get(name, LONGEST_TEXT)
    if len(text) > most:
        return f"is longer than {most} characters"
    return "holds a NUL or half a letter" if not text.isprintable() and _UNWRITABLE.search(text) else None


def _fault_of_date(_: str, day: date) -> str | None:
    return None if day.year in YEARS else f"is not between {YEARS[0]} and {YEARS[-1]}"


def _fault_of_instant(name: str, at: datetime) -> str | None:
    return "has no time zone" if at.tzinfo is None else _fault_of_date(name, at)


def _fault_of_number(_: str, number: int) -> str | None:
    return None if 0 <= number <= LARGEST_NUMBER else f"is not between 0 and {LARGEST_NUMBER}"


def _fault_of_numbers(name: str, numbers: dict[str, int]) -> str | None:
    faults = (_fault_of_number(name, number) for number in numbers.values())
    return next((fault for fault in faults if fault), None)


def _fault_of_amount(_: str, amount: Decimal) -> str | None:
    return None if is_money(amount) else "is no amount in whole øre"


_FAULTS: dict[type, Callable[[str, Any], str | None]] = {
    str: _fault_of_text,
    date: _fault_of_date,
    datetime: _fault_of_instant,
    int: _fault_of_number,
    dict: _fault_of_numbers,
    Decimal: _fault_of_amount,
}
