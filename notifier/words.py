"""Amounts, dates and foreign texts as letters have them; pure."""

import re
import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from common import money

LONGEST = 200  # characters of a name or a number that come from outside
LONGEST_ADDRESS = 254  # characters of an e-mail address; RFC 5321, 4.5.3.1.3
LONGEST_LINE = 2000  # characters of a line that a debtor wrote
LONGEST_IN_SUBJECT = 60
LINE = 72  # characters of a line in the text part
_MONTHS = {
    "da": "januar februar marts april maj juni juli august september oktober november december",
    "en": "January February March April May June July August September October November December",
}
_WEEKDAYS = {
    "da": "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
}


def day(when: date, language: str) -> str:
    """Such as 2. marts 2026, or 2 March 2026; no line breaks between day and month."""
    number, month = f"{when.day}{'.' if language == 'da' else ''}", _MONTHS[language].split()[when.month - 1]
    return f"{number}\N{NO-BREAK SPACE}{month} {when.year}"


def month(when: date, language: str) -> str:
    """Such as marts 2026, or March 2026."""
    return f"{_MONTHS[language].split()[when.month - 1]}\N{NO-BREAK SPACE}{when.year}"


def weekday(when: date, language: str) -> str:
    """Such as mandag den 2. marts 2026, or Monday 2 March 2026."""
    return f"{_WEEKDAYS[language].split()[when.weekday()]} {'den ' if language == 'da' else ''}{day(when, language)}"


def amount(kroner: Decimal, language: str) -> str:
    """With spaces that no line breaks at."""
    return money.shown(kroner, language).replace(" ", "\N{NO-BREAK SPACE}")


def listed(things: Sequence[str], language: str) -> str:
    """Such as gebyrer, renter og kompensation."""
    *first, last = things
    return f"{', '.join(first)} {'og' if language == 'da' else 'and'} {last}" if first else last


def count(number: int, language: str) -> str:
    english = f"{number:,}"
    return english if language == "en" else english.replace(",", ".")


def plain(text: str | None, longest: int = LONGEST) -> str:
    """A text from outside as one line: without control characters, or marks that turn the direction of others.

    It begins no encoded word (=?utf-8?q?…): the email package would unfold that, line breaks and all, into headers.

    >>> plain("Evil\\r\\nBcc: all@example.com")
    'Evil Bcc: all@example.com'
    """
    visible = "".join(c if unicodedata.category(c)[0] not in "CZ" else " " if c.isspace() else "" for c in text or "")
    return short(re.sub(r"\s+", " ", visible.replace("=?", "= ?")).strip(), longest)


def plain_lines(text: str, longest: int = LONGEST) -> tuple[str, ...]:
    return tuple(line for line in (plain(one, longest) for one in text.splitlines()) if line)


def short(text: str, longest: int = LONGEST_IN_SUBJECT) -> str:
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"


def wrapped(text: str) -> str:
    """One paragraph of the text part."""
    one_line = re.sub(r"[ \t\n]+", " ", text).strip()
    return textwrap.fill(one_line, LINE, break_long_words=False, break_on_hyphens=False)
