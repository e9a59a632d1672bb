"""What the pages say, in Danish and English: texts by name, amounts, dates."""

import tomllib
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from common import money
from common.calendar import COPENHAGEN

TEMPLATES = Path(__file__).parent / "templates"


class Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._book = _book(language)

    def __call__(self, name: str, **values: Any) -> str:
        """The text of that name with its values in it. Raises KeyError for a name that isn't there."""
        text = str(self._book[name]).format(**values)
        return text.replace("kr..", "kr.")  # the abbreviation's full stop ends the sentence too

    def has(self, name: str) -> bool:
        return name in self._book

    def beginning(self, prefix: str) -> list[str]:
        """The names of all texts that begin so."""
        return [name for name in self._book if name.startswith(prefix)]

    def amount(self, amount: Decimal) -> str:
        return money.shown(amount, self.language)

    def day(self, day: date) -> str:
        return self("dates.date", day=day.day, month=self._book["dates.months"][day.month - 1], year=day.year)

    def month(self, day: date) -> str:
        return f"{self._book['dates.months'][day.month - 1]} {day.year}"

    def weekday(self, day: date) -> str:
        month, weekday = self._book["dates.months"][day.month - 1], self._book["dates.weekdays"][day.weekday()]
        return self("dates.weekday", weekday=weekday, day=day.day, month=month)

    @property
    def weekdays(self) -> list[str]:
        return list(self._book["dates.weekdays"])

    def at(self, instant: datetime) -> str:
        local = instant.astimezone(COPENHAGEN)
        return self("dates.at", date=self.day(local.date()), time=local.strftime(self("dates.time")))

    def days(self, days: int) -> str:
        return self("days.none" if days == 0 else "days.one" if days == 1 else "days.many", days=days)


@cache
def _book(language: str) -> dict[str, Any]:
    """Every text of a language by its dotted name: those of LANGUAGE.toml, and of the areas in LANGUAGE/."""
    book = dict[str, Any]()
    for path in (TEMPLATES / f"{language}.toml", *sorted((TEMPLATES / language).glob("*.toml"))):
        for name, text in _flat("", tomllib.loads(path.read_text("utf-8"))):
            if name in book:
                raise ValueError(f"{path.name}: {name} has a text already")
            book[name] = text
    return book


def _flat(prefix: str, table: dict[str, Any]) -> list[tuple[str, Any]]:
    found = []
    for name, value in table.items():
        found += _flat(f"{prefix}{name}.", value) if isinstance(value, dict) else [(prefix + name, value)]
    return found
