"""The leases that stood in each row of the outbox: no relay of the old version may run any more."""

from typing import Any

WHEN = "post"


def up(_migrator: Any, database: Any) -> None:
    database.execute_sql('ALTER TABLE "outbox" DROP COLUMN "claimed_by"')
    database.execute_sql('ALTER TABLE "outbox" DROP COLUMN "claimed_until"')
