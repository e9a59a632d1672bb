"""What one look has found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`ok` is None where it could not be checked; `found` says what was seen, or why not; `todo` what to do."""

    about: str
    ok: bool | None
    found: str
    todo: str = ""

    @property
    def mark(self) -> Literal["✓", "✗", "–"]:
        return "–" if self.ok is None else "✓" if self.ok else "✗"


def good(about: str, found: str) -> Finding:
    return Finding(about, True, found)


def bad(about: str, found: str, todo: str) -> Finding:
    return Finding(about, False, found, todo)


def unchecked(about: str, why: str) -> Finding:
    return Finding(about, None, f"not checked: {why}")
