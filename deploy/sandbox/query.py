"""Ordrestyring's filter language → SQL: `payment_date-max=1700000000&status=1|2&sortby=-created_at&page=2`."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from deploy.sandbox.fields import LARGEST, Model

OPERATORS = {"": "=", "st": "<", "gt": ">", "max": "<=", "min": ">=", "not": "!="}
OTHER_WORDS = {"sortby", "page", "pagesize", "include"}
PAGESIZE = 15  # rows a page where the caller names no number; the real default is not documented


class BadQuery(Exception):
    """The query names a column that is not there, or a value that its column can't have; Ordrestyring answers 500."""


@dataclass(frozen=True)
class Query:
    """The parts of a SELECT after FROM, with their values."""

    where: str
    values: tuple[int | str, ...]
    order: str
    limit: int
    offset: int


def parse(model: Model, params: Sequence[tuple[str, str]], *, cap: int = 100, keyset: bool = True) -> Query:
    """Raises BadQuery. `keyset=False` plays a server that ignores `invoice_number-gt`."""
    conditions: list[str] = []
    values: list[int | str] = []
    for name, text in params:
        if name in OTHER_WORDS or (name == f"{model.ident}-gt" and not keyset):
            continue
        condition, given = _condition(model, name, text)
        conditions.append(condition)
        values += given
    words = dict(params)
    size = min(_count(words, "pagesize", PAGESIZE), cap)
    return Query(
        where=" AND ".join(conditions) or "1",
        values=tuple(values),
        order=_order(model, words.get("sortby", "")),
        limit=size,
        offset=(_count(words, "page", 1) - 1) * size,
    )


def _condition(model: Model, name: str, text: str) -> tuple[str, list[int | str]]:
    column, _, suffix = name.partition("-")
    if column not in model.columns or suffix not in OPERATORS:
        raise BadQuery(f"Unknown column '{name}'")
    values = [_value(model, column, part) for part in text.split("|")]
    if suffix == "":
        return f"{column} IN ({', '.join('?' * len(values))})", values
    either = " OR ".join([f"{column} {OPERATORS[suffix]} ?"] * len(values))
    return f"({either})", values


def _value(model: Model, column: str, text: str) -> int | str:
    if model.kind(column) == "text":
        return text
    try:
        number = Decimal(text) * (100 if model.kind(column) == "money" else 1)
        if abs(number) < LARGEST and number == int(number):
            return int(number)
    except InvalidOperation:
        pass
    raise BadQuery(f"Column '{column}' can't be {text!r}")


def _order(model: Model, sortby: str) -> str:
    column = sortby.removeprefix("-")
    if not column:
        return "id"
    if column not in model.columns:
        raise BadQuery(f"Unknown column '{column}' in sortby")
    way = "DESC" if sortby.startswith("-") else "ASC"
    return f"{column} {way}, id {way}"  # the id makes pages of equal values disjoint


def _count(words: dict[str, str], name: str, default: int) -> int:
    text = words.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 2**31):
        raise BadQuery(f"{name} must be a number from 1, not {text!r}")
    return int(text)
