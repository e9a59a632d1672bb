"""Append-only books, one JSON line an entry: what the ERP, the mail server, a subscriber and people note themselves."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

from tests.chaos.facts import Answered, Deed, Disturbance, Heard, Looked, Mail, Saved

Entry = Answered | Deed | Disturbance | Heard | Looked | Mail | Saved
E = TypeVar("E", Answered, Deed, Disturbance, Heard, Looked, Mail, Saved)
READERS: Mapping[str, Callable[[Any], Any]] = {
    "at": datetime.fromisoformat,
    "until": lambda text: text and datetime.fromisoformat(text),
    "outstanding": Decimal,
    "due_on": lambda text: text and date.fromisoformat(text),
}


class Book:
    """One kind of entry in one file; any number of threads may write."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()

    def write(self, entry: Entry) -> None:
        line = json.dumps(asdict(entry), default=str)
        with self._lock, self.path.open("a") as file:
            file.write(f"{line}\n")

    def read(self, kind: type[E]) -> list[E]:
        """Every whole line; whoever wrote the last one may have been killed in the middle of it."""
        lines = self.path.read_text().splitlines(keepends=True) if self.path.exists() else []
        return [kind(**_entry(line)) for line in lines if line.endswith("\n")]


def _entry(line: str) -> dict[str, Any]:
    return {name: READERS.get(name, lambda value: value)(value) for name, value in json.loads(line).items()}
