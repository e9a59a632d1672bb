"""What is stored of a company, or of one debtor: which rows of which tables, and which of their columns are secret."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from common import bulk, db, tables
from common.tables import (
    Answer,
    Company,
    Erasure,
    KnownInvoice,
    LedgerLine,
    Letter,
    Objection,
    Outbox,
    Pick,
    Procedure,
    SetAside,
)
from decisions import mails

# Of nobody, or secret as a whole: sessions and attempts to log in are hashes, the inbox is ids.
NOT_THEIRS = frozenset({"session", "attempt", "inbox", "relay_lease", "reference_rate", "price", "restore"})
SECRET = frozenset({("company", "api_key"), ("api_key", "locked"), ("login", "password")})
ABOUT_OTHERS = frozenset({"failed_decision"})  # has no company; its reasons are an operator's
_PASSWORDS = ("invited", "forgotten")  # kinds of letters with a link to set a password


@dataclass(frozen=True)
class Part:
    """Rows of one table."""

    table: Any
    which: Any

    @property
    def name(self) -> str:
        return str(self.table._meta.table_name)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each as plain values by its column's name. Needs a connection."""
        columns = [field for field in self.table._meta.sorted_fields if (self.name, field.name) not in SECRET]
        for row in db.streamed(self.table.select(*columns).where(self.which)):
            yield _plain({field.name: field.python_value(value) for field, value in zip(columns, row, strict=True)})

    def count(self) -> int:
        return int(self.table.select().where(self.which).count())


def of_company(cvr: str) -> list[Part]:
    """All that has its number, but for what is secret."""
    whose: dict[Any, Any] = {Company: Company.cvr == cvr}
    skipped = NOT_THEIRS | ABOUT_OTHERS
    chosen = [table for table in tables.TABLES if table._meta.table_name not in skipped]
    return [Part(table, whose.get(table, getattr(table, "company", None) == cvr)) for table in chosen]


def of_debtor(cvr: str, customer_number: str) -> list[Part]:
    """All that is about his invoices, by the number that the company gave him. Needs a connection."""
    his = (KnownInvoice.company == cvr) & (KnownInvoice.customer_number == customer_number)
    claims = (Procedure.company == cvr) & (Procedure.customer_number == customer_number)
    known: Any = KnownInvoice.select(KnownInvoice.number).where(his).tuples()
    numbers = {number for (number,) in known}
    rounds: Any = Procedure.select(Procedure.id, Procedure.invoice_number).where(claims).tuples()
    ids = [procedure_id for procedure_id, _ in rounds]
    numbers |= {number for _, number in rounds}
    subjects = [f"invoice/{number}" for number in numbers] + [f"procedure/{key}" for key in ids]
    return [
        Part(KnownInvoice, his),
        Part(SetAside, (SetAside.company == cvr) & bulk.among(SetAside.number, numbers)),
        Part(Pick, (Pick.company == cvr) & bulk.among(Pick.number, numbers)),
        Part(Procedure, claims),
        *(Part(table, bulk.among(table.procedure_id, ids)) for table in (LedgerLine, Letter, Answer, Objection)),
        Part(Outbox, (Outbox.company == cvr) & bulk.among(Outbox.subject, subjects)),
        Part(Erasure, (Erasure.company == cvr) & (Erasure.customer_number == customer_number)),
    ]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """The bytes of a mail as its text; an event's body as its fields."""
    if "content" in row:
        content = bytes(row.pop("content"))
        row["text"] = "" if row["kind"] in _PASSWORDS else mails.read(content).text
    if "body" in row:
        row["body"] = _fields(row["body"])
    return row


def _fields(body: str) -> Any:
    try:
        return msgspec.json.decode(body)
    except msgspec.DecodeError:
        return body
