"""Which invoices somebody wants listed, and in which order, as he asks for it in an address; pure."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, Literal, get_args
from urllib.parse import urlencode

import msgspec

from decisions import saying, values

Show = Literal[
    "overdue", "waiting", "awaiting_decision", "running", "paused", "collecting_fees", "escalated", "settled"
]
Sort = Literal["due", "amount", "number", "debtor"]
SHOWS: tuple[Show, ...] = get_args(Show)
SORTS: tuple[Sort, ...] = get_args(Sort)
LONGEST = 100  # signs of what is searched for
FILTERS = ("search", "amount_from", "amount_to", "due_from", "due_to", "customer")


class NoSuchPlace(ValueError):
    """There is no place in a list that this names."""


@dataclass(frozen=True)
class Place:
    """Beside a row, which need not be there any more: what it was sorted by, and its number; after it, or before it."""

    key: str | int
    number: str
    is_after: bool = True

    def token(self) -> str:
        return urlsafe_b64encode(msgspec.json.encode([self.key, self.number])).decode().rstrip("=")


def place(token: str, sort: Sort, *, is_after: bool) -> Place:
    """Raises NoSuchPlace."""
    try:
        padded = token.encode("ascii") + b"=" * (-len(token) % 4)
        key, number = msgspec.json.decode(urlsafe_b64decode(padded), type=tuple[int | str, str])
        if sort == "due":
            key = date.fromisoformat(str(key)).isoformat()
        f"{key}{number}".encode()
    except (ValueError, msgspec.MsgspecError) as error:
        raise NoSuchPlace(NoSuchPlace.__doc__) from error
    is_number = sort in ("amount", "number")
    if is_number != isinstance(key, int) or (is_number and abs(int(key)) >= 2**62) or "\0" in f"{key}{number}":
        raise NoSuchPlace(NoSuchPlace.__doc__)
    return Place(key, number, is_after)


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the list shows; `faults` names the fields that can't be read, and that count for nothing."""

    show: Show = "overdue"
    sort: Sort = "due"
    down: bool = False
    search: str = ""
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    due_from: date | None = None
    due_to: date | None = None
    customer: str = ""
    faults: tuple[str, ...] = ()

    @property
    def is_filtered(self) -> bool:
        return any(getattr(self, name) not in (None, "") for name in FILTERS)

    def address(self, path: str = "/invoices", **changes: Any) -> str:
        """Of the list, with changes: what is usual is left out."""
        named = vars(self) | changes | {"faults": None}
        query = {name: _written(value) for name, value in named.items() if value != _USUAL.get(name)}
        return f"{path}?{urlencode(query)}" if query else path


_USUAL = vars(Wanted()) | {"faults": None}


def _written(value: Any) -> str:
    if isinstance(value, Decimal):
        return f"{value:.2f}".replace(".", ",")
    return "1" if value is True else str(value)


def wanted(query: Mapping[str, str]) -> Wanted:
    """What is no list of ours is the first one; what is no filter counts for nothing, and is said."""
    found, faults = dict[str, Any](), list[str]()
    for name, read in _FILTERS.items():
        given = saying.plain(query.get(name, ""))
        if not given:
            continue
        try:
            found[name] = read(given)
        except ValueError:
            faults.append(name)
    found |= {name: query[name] for name, known in _CHOICES.items() if query.get(name) in known}
    return Wanted(**found, down=query.get("down") == "1", faults=tuple(faults))


def _text(given: str) -> str:
    return given[:LONGEST].strip()


def _day(given: str) -> date:
    """Raises ValueError."""
    for shape in (r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})", _DANISH_DAY):
        if found := re.fullmatch(shape, given, re.ASCII):
            return date(**{part: int(number) for part, number in found.groupdict().items()})
    raise ValueError(given)


_DANISH_DAY = r"(?P<day>\d{1,2})[./ -]+(?P<month>\d{1,2})[./ -]+(?P<year>\d{4})"
_CHOICES: dict[str, tuple[str, ...]] = {"show": SHOWS, "sort": SORTS}
_FILTERS: dict[str, Callable[[str], Any]] = {
    "search": _text,
    "amount_from": values.amount(),
    "amount_to": values.amount(),
    "due_from": _day,
    "due_to": _day,
    "customer": _text,
}
