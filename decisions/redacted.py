"""An event as an operator may see it: what it is about, numbers and dates; nothing that a person is known by. Pure."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from common.events import Event

NAMES = {  # texts that our own processes made, or that name a thing and not a person
    "company", "id", "type", "fetch_id", "procedure_id", "letter_id", "login_id", "invoice_number", "number",
    "customer_number", "kind", "choice", "reason", "status", "currency", "occasion", "stage", "cursor", "nudge",
}  # fmt: skip


def shown(event: Event) -> list[tuple[str, str | None]]:
    """Each field with its value, or None for what is not shown; fields of fields by dotted names."""
    return _flat("", event)


def _flat(prefix: str, value: Any) -> list[tuple[str, str | None]]:
    found: list[tuple[str, str | None]] = []
    for field in fields(value):
        name, content = f"{prefix}{field.name}", getattr(value, field.name)
        if is_dataclass(content):
            found += _flat(f"{name}.", content)
        elif content not in (None, "", {}, [], ()):
            found.append((name, _text(field.name, content)))
    return found


def _text(name: str, content: Any) -> str | None:
    if isinstance(content, bool | int | Decimal | date):  # an instant is a date, too
        return content.isoformat(" ", "seconds") if isinstance(content, datetime) else str(content)
    if isinstance(content, str) and name in NAMES:
        return content
    return None
