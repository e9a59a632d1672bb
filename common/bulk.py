"""Statements of our own, about any number of rows or values, that both databases understand."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import peewee

from common import db

VARIABLES = 10_000  # bound in one statement; SQLite takes 32,766, PostgreSQL 65,535

T = TypeVar("T")


def insert(table: type[peewee.Model], rows: Sequence[Mapping[str, Any]], conflict: str = "") -> list[Any]:
    """Many rows at once, all with the same columns; returns what `conflict` (SQL after the values) returns.

    peewee writes such statements itself, but spends more on a row than the database does.
    """
    if not rows:
        return []
    columns = [field for field in table._meta.sorted_fields if field.name in rows[0] or field.default is not None]
    written = [(field.name, field.db_value, _default(field)) for field in columns]
    names = ", ".join(f'"{field.column_name}"' for field in columns)
    head = f'INSERT INTO "{table._meta.table_name}" ({names})'
    returned: list[Any] = []
    for part in parts(rows, VARIABLES // len(columns)):
        values = [[to_db(row.get(name, default)) for name, to_db, default in written] for row in part]
        as_json = not db.is_sqlite() and all(field.field_type != "BLOB" for field in columns)
        cursor = _insert(head, columns, values, conflict) if as_json else _insert_values(head, values, conflict)
        returned += cursor.fetchall() if "RETURNING" in conflict else []
    return returned


def _insert_values(head: str, rows: Sequence[list[Any]], conflict: str) -> Any:
    marks = ", ".join([f"({', '.join([db.handle.param] * len(rows[0]))})"] * len(rows))
    return db.handle.execute_sql(f"{head} VALUES {marks} {conflict}", [value for row in rows for value in row])


def _insert(head: str, columns: Sequence[Any], rows: Sequence[list[Any]], conflict: str) -> Any:
    """All rows are one variable, so that the statement is the same for any number of them, and is prepared once."""
    wire = [dict(zip(map(str, range(len(columns))), row, strict=True)) for row in rows]
    types = ", ".join(f'"{n}" {field.field_type}' for n, field in enumerate(columns))
    given = f"SELECT * FROM json_to_recordset(%s::json) AS given({types})"  # noqa: S608 - types of our own columns
    return db.handle.execute_sql(f"{head} {given} {conflict}", [msgspec.json.encode(wire).decode()])


def _default(field: Any) -> Any:
    return field.default() if callable(field.default) else field.default


def parts(items: Collection[T], most: int) -> Iterator[Sequence[T]]:
    """`items` in pieces of `most`."""
    listed = list(items)
    return (listed[start : start + most] for start in range(0, len(listed), most))


def among(field: peewee.Field, values: Collection[Any]) -> Any:
    """`field` is one of `values`, however many, as one variable: the statement stays the same, and is prepared once."""
    listed = [field.db_value(value) for value in values]
    if db.is_sqlite():
        one_of = peewee.SQL("IN (SELECT value FROM json_each(?))", [msgspec.json.encode(listed).decode()])
        return peewee.NodeList((field, one_of))
    return field == peewee.fn.ANY(peewee.Value(listed, converter=False, unpack=False))


def among_pairs(first: peewee.Field, second: peewee.Field, pairs: Collection[tuple[str, str]]) -> Any:
    """The two fields, which hold text, are one of `pairs`; as `among`."""
    if db.is_sqlite():
        listed = [msgspec.json.encode(sorted(pairs)).decode()]
        one_of = peewee.SQL("IN (SELECT value ->> 0, value ->> 1 FROM json_each(?))", listed)
    else:
        columns = [list(column) for column in zip(*sorted(pairs), strict=True)] or [[], []]
        one_of = peewee.SQL("IN (SELECT * FROM unnest(%s::text[], %s::text[]))", columns)
    return peewee.NodeList((peewee.EnclosedNodeList((first, second)), one_of))
