"""Our own logs: when which message could not be handled."""

import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.chaos.facts import Tried


def tries(folder: Path) -> list[Tried]:
    """Each time that a process said "failed" of an event."""
    said = (line for path in folder.glob("*.log") for line in _lines(path) if line.get("event") == "failed")
    return [Tried(datetime.fromisoformat(line["timestamp"]), line["event_id"]) for line in said if "event_id" in line]


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    """The lines of JSON; what else a process said when it was killed is passed over."""
    for line in path.read_text(errors="replace").splitlines():
        if line.startswith("{") and line.endswith("}"):
            yield json.loads(line)
