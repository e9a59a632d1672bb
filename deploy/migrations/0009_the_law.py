"""What the procedure needs to go by the book: the ledger's accounts, disputes, interest, statements, booking days."""

from typing import Any

from peewee import SqliteDatabase

WHEN = "pre"  # the defaults let the old code go on inserting
TEXT = "TEXT NOT NULL DEFAULT ''"
COLUMNS = {
    "company": (
        "policy_no INTEGER NOT NULL DEFAULT 1",
        f"booking_days {TEXT}",
        "fresh_days INTEGER NOT NULL DEFAULT 3",
        "weekend_due VARCHAR(4) NOT NULL DEFAULT 'next'",
        "arrears VARCHAR(8) NOT NULL DEFAULT 'customer'",
        "interest BOOLEAN NOT NULL DEFAULT false",
        "due_date_agreed BOOLEAN NOT NULL DEFAULT false",
        "day_count VARCHAR(13) NOT NULL DEFAULT 'actual/365'",
        "compensation BOOLEAN NOT NULL DEFAULT false",
        "collection_notice VARCHAR(9) NOT NULL DEFAULT 'with_last'",
        "collection_fee BIGINT NOT NULL DEFAULT 0",
    ),
    "fetch_run": ("trusted BOOLEAN NOT NULL DEFAULT true",),
    "known_invoice": (f"customer_number {TEXT}",),
    "procedure": (
        "debtor_cvr VARCHAR(8)",
        "issued_on DATE",
        "pending_kind VARCHAR(20) NOT NULL DEFAULT 'reminder'",
        "pending_pay_by DATE",
        "pay_by DATE",
        "warned_on DATE",
        "warned_by VARCHAR(20) NOT NULL DEFAULT ''",
        "warned_step INTEGER NOT NULL DEFAULT 0",
        "fee_letters INTEGER NOT NULL DEFAULT 0",
        "objection_no INTEGER NOT NULL DEFAULT 0",
        "disputed BOOLEAN NOT NULL DEFAULT false",
        "paused_until DATE",
        "held INTEGER NOT NULL DEFAULT 0",
        "policy_no INTEGER NOT NULL DEFAULT 0",
    ),
    "ledger_line": (
        "account VARCHAR(12) NOT NULL DEFAULT 'fee'",
        "against VARCHAR(12) NOT NULL DEFAULT 'charged'",
        "value_on DATE",
        "event VARCHAR(36) NOT NULL DEFAULT ''",
    ),
    "letter": ("charges BIGINT NOT NULL DEFAULT 0", "pay_by DATE"),
}
CUSTOMER_INDEXES = ("known_invoice", "procedure")
TABLES = (
    'CREATE TABLE "objection" ("procedure_id" VARCHAR(36) NOT NULL, "company" VARCHAR(8) NOT NULL, '
    '"objection_no" INTEGER NOT NULL, "kind" VARCHAR(8) NOT NULL, "words" TEXT NOT NULL, "paid_on" DATE, '
    '"reference" TEXT NOT NULL, "phone" TEXT NOT NULL, "raised_at" TIMESTAMPTZ NOT NULL, '
    'PRIMARY KEY ("procedure_id", "objection_no"))',
    'CREATE TABLE "price" ("item" VARCHAR(20) NOT NULL, "from_on" DATE NOT NULL, "amount" BIGINT NOT NULL, '
    '"set_at" TIMESTAMPTZ NOT NULL, PRIMARY KEY ("item", "from_on"))',
    'CREATE TABLE "reference_rate" ("from_on" DATE NOT NULL PRIMARY KEY, "percent" BIGINT NOT NULL, '
    '"set_at" TIMESTAMPTZ NOT NULL)',
    'CREATE TABLE "statement" ("company" VARCHAR(8) NOT NULL, "month" DATE NOT NULL, '
    '"asked_at" TIMESTAMPTZ NOT NULL, PRIMARY KEY ("company", "month"))',
)
AGAINST = (  # where what was booked before went
    ("received", "kind = 'collected' AND rule = 'surplus in the ERP'"),
    ("direct", "kind = 'collected' AND rule <> 'surplus in the ERP'"),
    ("lost", "kind IN ('waived', 'covered', 'uncovered')"),
)
KEY = ("procedure_id", "kind", "account", "step", "attempt")


def up(_migrator: Any, database: Any) -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            database.execute_sql(_typed(f'ALTER TABLE "{table}" ADD COLUMN {column}', database))
    for table in CUSTOMER_INDEXES:
        name = f"{table}_company_customer_number"
        database.execute_sql(f'CREATE INDEX "{name}" ON "{table}" ("company", "customer_number")')
    database.execute_sql('CREATE INDEX "procedure_held" ON "procedure" ("company") WHERE held > 0')
    for statement in TABLES:
        database.execute_sql(_typed(statement, database))
    _accounts(database)


def _typed(statement: str, database: Any) -> str:
    """SQLite knows one kind of whole numbers, and no truth."""
    whole = isinstance(database, SqliteDatabase)
    return statement.replace("BIGINT", "INTEGER").replace("BOOLEAN", "INTEGER") if whole else statement


def _accounts(database: Any) -> None:
    for against, chosen in AGAINST:
        database.execute_sql(f"UPDATE ledger_line SET against = '{against}' WHERE {chosen}")  # noqa: S608 - our own words
    names = ", ".join(f'"{name}"' for name in KEY)
    database.execute_sql(f'CREATE UNIQUE INDEX "ledger_line_{"_".join(KEY)}" ON "ledger_line" ({names})')
    database.execute_sql('DROP INDEX "ledger_line_procedure_id_kind_step_attempt"')
