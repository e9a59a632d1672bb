"""Mails as they came: raw bytes in one SQLite file, with what the list shows beside them."""

import sqlite3
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any

from deploy.sandbox.parsing import parse, summary
from deploy.sandbox.serving import open_database, parse_json, to_json

NEWEST = 20_000  # how many mails are kept
SCHEMA = """
CREATE TABLE IF NOT EXISTS mail (id INTEGER PRIMARY KEY AUTOINCREMENT, raw BLOB NOT NULL, envelope_from TEXT,
    envelope_to TEXT, sender TEXT, recipient TEXT, subject TEXT, message_id TEXT, at TEXT, links TEXT, preview TEXT,
    received_at TEXT);
"""
COLUMNS = "id, envelope_from, envelope_to, sender, recipient, subject, message_id, at, links, preview, received_at"


class Mailbox:
    """Adds mails and finds them again, newest first."""

    def __init__(self, path: Path | str, keep: int = NEWEST) -> None:
        self._database = open_database(path, SCHEMA)
        with suppress(sqlite3.OperationalError):  # a file from before this column; else it is there
            self._database.execute("ALTER TABLE mail ADD COLUMN received_at TEXT")
        # SQLite's own folding stops at ASCII; "ørsted" is to find "Ørsted".
        self._database.create_function("fold", 1, str.casefold, deterministic=True)
        self._lock = Lock()
        self._keep = keep

    def add(self, raw: bytes, sender: str, recipients: list[str], received_at: datetime) -> None:
        """Committed when this returns; the oldest mail beyond the limit goes."""
        row = {"raw": raw, "envelope_from": sender, "envelope_to": ", ".join(recipients)}
        row["received_at"] = received_at.astimezone(UTC).isoformat(timespec="seconds")
        row |= summary(parse(raw), received_at)
        row |= {"links": to_json(row["links"]).decode(), "recipient": row["recipient"] or row["envelope_to"]}
        names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
        with self._lock, self._database:
            last = self._database.execute(f"INSERT INTO mail ({names}) VALUES ({marks})", row).lastrowid or 0  # noqa: S608
            self._database.execute("DELETE FROM mail WHERE id <= ?", [last - self._keep])

    def find(
        self, *, to: str = "", subject: str = "", either: str = "", since_id: int = 0, limit: int = 100, offset: int = 0
    ) -> list[dict[str, Any]]:
        """Mails whose recipient and subject contain these texts; `either` may stand in one of the two."""
        where, values = _conditions(to, subject, either, since_id)
        sql = f"SELECT {COLUMNS} FROM mail WHERE {where} ORDER BY id DESC LIMIT ? OFFSET ?"  # noqa: S608
        return [_mail(row) for row in self._select(sql, *values, limit, offset)]

    def count(self, either: str = "") -> int:
        where, values = _conditions("", "", either, 0)
        return int(self._select(f"SELECT count(*) FROM mail WHERE {where}", *values)[0][0])  # noqa: S608

    def one(self, mail_id: int) -> tuple[dict[str, Any], bytes] | None:
        """The mail's summary and its raw bytes."""
        rows = self._select(f"SELECT {COLUMNS}, raw FROM mail WHERE id = ?", mail_id)  # noqa: S608
        return (_mail(rows[0]), rows[0]["raw"]) if rows else None

    def clear(self) -> None:
        with self._lock, self._database:
            self._database.execute("DELETE FROM mail")

    def close(self) -> None:
        self._database.close()

    def _select(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        with self._lock:
            return self._database.execute(sql, values).fetchall()


def _conditions(to: str, subject: str, either: str, since_id: int) -> tuple[str, list[str | int]]:
    where, values = "id > ?", list[str | int]([since_id])
    people = "recipient || ' ' || envelope_to"
    for text, columns in ((to, people), (subject, "subject"), (either, people + " || ' ' || subject")):
        if text:
            where += f" AND instr(fold({columns}), fold(?))"
            values.append(text)
    return where, values


def _mail(row: sqlite3.Row) -> dict[str, Any]:
    at, received_at = (datetime.fromisoformat(row[name] or row["at"]).astimezone(UTC) for name in ("at", "received_at"))
    return dict(row) | {"links": parse_json(row["links"]), "at": at, "received_at": received_at}
