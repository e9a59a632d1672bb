"""The profile's forms: which choices each has, how they are typed, and what is wrong with what was typed. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, Protocol

from common.booking import WEEKDAYS
from common.law import COLLECTION_FEE, COMPENSATION, DAYS_BETWEEN, DAYS_OF_GRACE, REMINDER_FEE, REMINDERS
from decisions.choices import CHOICES, POLICY
from decisions.saying import cut
from decisions.values import NotAllowed
from decisions.words import Words

Kind = Literal["tick", "radio", "whole", "amount", "line", "lines", "email", "time", "days"]
LONGEST = 16_000  # characters of a field: as many as a form of ours may have in all
MONTH_DAYS = "booking_month"  # the field beside the weekdays of booking_days
_LAW = {
    "fee": f"{REMINDER_FEE.newest:.0f}",
    "reminders": REMINDERS.newest,
    "days": DAYS_BETWEEN.newest,
    "collection_fee": f"{COLLECTION_FEE.newest:.0f}",
    "compensation": f"{COMPENSATION.newest:.0f}",
    "grace": DAYS_OF_GRACE.newest,
}


@dataclass(frozen=True)
class Section:
    """One form. `moves_running`: procedures that are running keep some of its choices, and go on by them.
    `is_guarded`: some of them are changed with the password alone: whoever has only found an open browser can't.
    """

    name: str
    choices: tuple[str, ...]

    @property
    def moves_running(self) -> bool:
        return any(name in POLICY and name not in BEFORE_START for name in self.choices)

    @property
    def is_guarded(self) -> bool:
        return any(name in GUARDED for name in self.choices)


SECTIONS = (
    Section("auto", ("paused",)),
    Section("asking", ("wait_days", "digest", "fetch_at", "horizon_days")),
    Section("silence", ("silence", "start_days")),
    Section(
        "reminders",
        ("fee", "reminders", "days_between", "collection_notice", "collection_fee", "fee_policy", "arrears"),
    ),
    Section("interest", ("interest", "due_date_agreed", "day_count", "compensation")),
    Section("books", ("booking_days", "weekend_due", "fresh_days")),
    Section("paying", ("fi_creditor", "bank_account", "payment_details")),
    Section("never", ("never_dunned", "smallest_amount")),
    Section("firm", ("name", "email", "reply_to", "language", "letterhead")),
)
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("paused", "digest", "interest", "due_date_agreed", "compensation"), "tick"),
    **dict.fromkeys(
        ("silence", "collection_notice", "fee_policy", "arrears", "day_count", "weekend_due", "language"), "radio"
    ),
    **dict.fromkeys(("wait_days", "horizon_days", "start_days", "reminders", "days_between", "fresh_days"), "whole"),
    **dict.fromkeys(("fee", "collection_fee", "smallest_amount"), "amount"),
    **dict.fromkeys(("name", "fi_creditor", "bank_account"), "line"),
    **dict.fromkeys(("payment_details", "letterhead", "never_dunned"), "lines"),
    **dict.fromkeys(("email", "reply_to"), "email"),
    "fetch_at": "time",
    "booking_days": "days",
}
OPTIONS = {
    "silence": ("start", "stay"),
    "collection_notice": ("with_last", "after"),
    "fee_policy": ("collect", "cover"),
    "arrears": ("customer", "claim"),
    "day_count": ("actual/365", "actual/actual", "30/360"),
    "weekend_due": ("next", "keep"),
    "language": ("da", "en"),
}
GUARDED = ("fi_creditor", "bank_account", "payment_details", "email")  # where money and our questions go
BEFORE_START = ("paused", "silence", "start_days")  # nothing that is running asks for them any more
Typed = Mapping[str, str]


class Sent(Protocol):
    """A form or a query, as starlette reads it."""

    def getlist(self, key: Any, /) -> list[Any]: ...


def section(name: str) -> Section | None:
    return next((one for one in SECTIONS if one.name == name), None)


# --- what was typed
def typed(names: Iterable[str], sent: Sent, say: Words) -> dict[str, str]:
    """Word for word, within bounds; of what was left out nothing is known but that a tick isn't set."""
    return {name: _typed(name, sent, say) for name in names}


def _typed(name: str, sent: Sent, say: Words) -> str:
    found = [cut(one, LONGEST) for one in sent.getlist(name)]
    if KINDS[name] == "tick":
        return "yes" if found else "no"
    if KINDS[name] == "days":
        month = ",".join(cut(one, LONGEST) for one in sent.getlist(MONTH_DAYS))
        return ",".join(part for part in (*found, month.lower().replace(say("profile.last"), "last")) if part.strip())
    return found[0] if found else ""


def chosen(value: Any, say: Words) -> str:
    """A choice as it is stored, as somebody would type it."""
    match value:
        case bool():
            return "yes" if value else "no"
        case Decimal():
            text = f"{value:f}".removesuffix(".00")
            return text.replace(".", ",") if say.language == "da" else text
        case list() | tuple():
            return ", ".join(value)
    return str(value)


def wrong(typed: Typed, say: Words) -> dict[str, str]:
    """What is wrong, choice by choice, in words for the one who typed it."""
    return {name: limits(name, say) for name, text in typed.items() if not _is_allowed(name, text)}


def moves_guarded(typed: Typed, stored: Mapping[str, Any]) -> bool:
    """Whether a guarded choice would become another. All of them must be allowed."""
    return any(name in GUARDED and CHOICES[name].checked(text) != stored[name] for name, text in typed.items())


def _is_allowed(name: str, text: str) -> bool:
    try:
        CHOICES[name].checked(text)
    except NotAllowed:
        return False
    return True


# --- in words
def means(name: str, say: Words) -> str:
    return say(f"choose.{name}.means", **_LAW)


def limits(name: str, say: Words) -> str:
    """What is allowed, with its paragraph of law."""
    named = f"choose.{name}.limits"
    return say(named, law=CHOICES[name].law, **_LAW) if say.has(named) else say("profile.pick")


def has_limits(name: str, say: Words) -> bool:
    return say.has(f"choose.{name}.limits")


def in_words(name: str, text: str, say: Words) -> str:
    """A typed value as a person reads it."""
    if KINDS[name] == "radio":
        return say(f"choose.{name}.is.{text}")
    if KINDS[name] == "tick":
        return say("profile.yes" if text == "yes" else "profile.no")
    return text or say("profile.nothing")


# --- booking days have two fields
def weekdays(text: str) -> list[str]:
    return [word for word in _words(text) if word in WEEKDAYS]


def month_days(text: str, say: Words) -> str:
    others = [word for word in _words(text) if word and word not in WEEKDAYS]
    return ", ".join(say("profile.last") if word == "last" else word for word in others)


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",")]
