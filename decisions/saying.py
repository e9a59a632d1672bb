"""What a debtor typed, read and checked field by field; pure."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from common.events import ObjectionKind

LONGEST_WORDS = 2000  # characters
LONGEST_REFERENCE = 100  # characters
LONGEST_AGO = timedelta(days=2 * 365 + 1)  # of a payment
_PHONE = re.compile(r"\+?[0-9][0-9 ]*")
_DAYS = (  # as a browser's calendar sends it, and as Danes write it
    re.compile(r"(?P<year>[0-9]{4})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"),
    re.compile(r"(?P<day>[0-9]{1,2})[./ -]+(?P<month>[0-9]{1,2})[./ -]+(?P<year>[0-9]{4})"),
)

Typed = dict[str, str]
Read = Callable[[str, date], Any]


@dataclass(frozen=True, kw_only=True)
class Said:
    """One thing that a debtor says."""

    kind: ObjectionKind
    words: str = ""
    paid_on: date | None = None
    reference: str = ""
    phone: str = ""


class Unclear(ValueError):
    """A field can't be read as it is; `fault` names what is wrong with it."""

    def __init__(self, fault: str) -> None:
        super().__init__(fault)
        self.fault = fault


class Incomplete(ValueError):
    """Fields are missing or can't be read: `faults` names what is wrong with each."""

    def __init__(self, faults: dict[str, str]) -> None:
        super().__init__(str(faults))
        self.faults = faults


def typed(kind: ObjectionKind, form: Mapping[str, Any]) -> Typed:
    """The fields that belong to this kind as text that can be stored and shown again."""
    return {name: plain(str(form.get(name, "")), lines=name == "words") for name in FIELDS[kind]}


def said(kind: ObjectionKind, fields: Typed, today: date) -> Said:
    """Raises Incomplete."""
    values, faults = dict[str, Any](), dict[str, str]()
    for name, read in FIELDS[kind].items():
        try:
            values[name] = read(fields[name], today)
        except Unclear as error:
            faults[name] = error.fault
    if faults:
        raise Incomplete(faults)
    return Said(kind=kind, **values)


def cut(given: Any, longest: int = 1000) -> str:
    """What somebody sent as text that can be stored, no longer than that."""
    return str(given)[:longest].replace("\0", "")


def plain(text: str, *, lines: bool = False) -> str:
    """Without control characters and marks that turn the direction of others; on one line, unless `lines`."""
    unified = text.replace("\r\n", "\n").replace("\r", "\n")
    kept = "".join(_visible(sign) for sign in unified)
    return kept.strip() if lines else " ".join(kept.split())


def _visible(sign: str) -> str:
    if sign.isspace():
        return "\n" if sign in "\n\u2028\u2029" else " "
    return "" if unicodedata.category(sign)[0] == "C" else sign


# --- one function a field ---------------------------------------------------------------------------------------------
def _words(text: str, _: date) -> str:
    if not text:
        raise Unclear("words.missing")
    if len(text) > LONGEST_WORDS:
        raise Unclear("words.long")
    return text


def _paid_on(text: str, today: date) -> date:
    if not text:
        raise Unclear("paid_on.missing")
    day = day_of(text)
    if day > today:
        raise Unclear("paid_on.future")
    if day < today - LONGEST_AGO:
        raise Unclear("paid_on.old")
    return day


def day_of(text: str) -> date:
    """Raises Unclear."""
    for shape in _DAYS:
        if found := shape.fullmatch(text):
            try:
                return date(**{part: int(number) for part, number in found.groupdict().items()})
            except ValueError:
                break
    raise Unclear("paid_on.unclear")


def _reference(text: str, _: date) -> str:
    if len(text) > LONGEST_REFERENCE:
        raise Unclear("reference.long")
    return text


def _phone(text: str, _: date) -> str:
    if not text:
        raise Unclear("phone.missing")
    if not (_PHONE.fullmatch(text) and 6 <= len(text) <= 20):
        raise Unclear("phone.unclear")
    return text


FIELDS: dict[ObjectionKind, dict[str, Read]] = {
    "dispute": {"words": _words},
    "paid": {"paid_on": _paid_on, "reference": _reference},
    "call": {"phone": _phone},
    "withdraw": {},
}
