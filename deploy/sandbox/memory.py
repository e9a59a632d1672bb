"""What the demo remembers over a restart: one JSON file in the sandbox's folder."""

import os
from datetime import date
from pathlib import Path

import msgspec


class Noticed(msgspec.Struct):
    """The mail that somebody reacts to, and the business date on which it was found."""

    mail: int
    on: date


class Memory(msgspec.Struct):
    """The first business day, what was set up, the last mail that was read, mails by invoice, deeds that are done."""

    first_on: date
    companies: set[str] = msgspec.field(default_factory=set)
    arrived: set[int] = msgspec.field(default_factory=set)
    last_mail: int = 0
    noticed: dict[int, dict[str, Noticed]] = msgspec.field(default_factory=dict)
    reminders: dict[int, list[str]] = msgspec.field(default_factory=dict)
    done: set[str] = msgspec.field(default_factory=set)


def load(path: Path, today: date) -> Memory:
    """The memory in the file; where there is none, the demo begins today."""
    return msgspec.json.decode(path.read_bytes(), type=Memory) if path.exists() else Memory(today)


def save(memory: Memory, path: Path) -> None:
    """Whole or not at all."""
    new = path.with_suffix(".new")
    new.write_bytes(msgspec.json.encode(memory))
    os.replace(new, path)  # noqa: PTH105 - readers never see half a file
