"""What was said about an invoice: the rows of the outbox, which is the event log."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from common.tables import Outbox

TELLING = ("choice", "by", "reason", "kind", "step", "fee", "fees", "covered", "amount", "starts_on", "wake_no")


@dataclass(frozen=True, kw_only=True)
class Said:
    """An event; `published_at` is None while it waits for `at`, or for the broker."""

    at: datetime
    type: str
    about: str
    details: str
    published_at: datetime | None
    event_id: str


def history(company: str, number: str, procedures: Sequence[str], letters: Sequence[str]) -> list[Said]:
    """What was said of the invoice, its procedures and its letters, in order of time. Needs a connection.

    A digest's letter is said of each procedure that it asks about: those of other invoices are left out.
    """
    subjects = [f"invoice/{number}", *(f"procedure/{id_}" for id_ in procedures), *(f"letter/{id_}" for id_ in letters)]
    rows = Outbox.select().where(Outbox.company == company, Outbox.subject.in_(subjects))
    said = [(row, msgspec.json.decode(row.body).get("data") or {}) for row in rows.order_by(Outbox.at, Outbox.id)]
    return [_said(row, content) for row, content in said if content.get("procedure_id") in (None, *procedures)]


def _said(row: Any, content: dict[str, Any]) -> Said:
    return Said(
        at=row.at,
        type=row.type,
        about=row.subject.partition("/")[0],
        details=_details(content),
        published_at=row.published_at,
        event_id=row.event_id,
    )


def _details(content: dict[str, Any]) -> str:
    invoice = content.get("invoice") or {}
    told = {name: content[name] for name in TELLING if content.get(name) not in (None, "", 0)}
    told |= {name: invoice[name] for name in ("status", "amount", "paid") if name in invoice}
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in told.items())
