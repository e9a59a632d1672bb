"""PostgreSQL compresses the bytes of new letters with lz4, which costs a tenth of its own way."""

from contextlib import suppress
from typing import Any

from peewee import NotSupportedError, PostgresqlDatabase

WHEN = "pre"
COMPRESSED = 'ALTER TABLE "letter" ALTER COLUMN "content" SET COMPRESSION lz4'


def up(_migrator: Any, database: Any) -> None:
    has_choice = isinstance(database, PostgresqlDatabase)
    with suppress(NotSupportedError):  # this server was built without it
        if has_choice:
            with database.atomic():
                database.execute_sql(COMPRESSED)
