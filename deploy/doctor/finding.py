"""What one look has found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """`ok` is None where it could not be checked; `found` says what was seen, or why not; `todo` what to do.

    What is right today, but has a `todo`, will be wrong soon.
    """

    about: str
    ok: bool | None
    found: str
    todo: str = ""

    @property
    def mark(self) -> Literal["✓", "!", "✗", "–"]:
        if self.ok is None:
            return "–"
        return "✗" if not self.ok else "!" if self.todo else "✓"


def good(about: str, found: str) -> Finding:
    return Finding(about, True, found)


def soon(about: str, found: str, todo: str) -> Finding:
    """Right today, and wrong before long."""
    return Finding(about, True, found, todo)


def bad(about: str, found: str, todo: str) -> Finding:
    return Finding(about, False, found, todo)


def unchecked(about: str, why: str) -> Finding:
    return Finding(about, None, f"not checked: {why}")
