"""What the portal needs: logins, sessions, keys that are tried, and what people decide in it."""

from typing import Any

from peewee import SqliteDatabase

WHEN = "pre"  # the defaults let the old code go on inserting
TEXT = "TEXT NOT NULL DEFAULT ''"
NUMBER = "INTEGER NOT NULL DEFAULT 0"
COLUMNS = {
    "company": (f"letterhead {TEXT}", f"bank_account {TEXT}", f"fi_creditor {TEXT}", f"reply_to {TEXT}"),
    "answer": (f"by {TEXT}",),
    "objection": (f"by {TEXT}",),
    "failed_message": (f"decision_no {NUMBER}", f"outcome {TEXT}"),
}
TABLES = (
    'CREATE TABLE "api_key" ("company" VARCHAR(8) NOT NULL, "key_no" INTEGER NOT NULL, "locked" TEXT NOT NULL, '
    '"submitted_at" TIMESTAMPTZ NOT NULL, "by" TEXT NOT NULL, "sure" BOOLEAN NOT NULL DEFAULT false, '
    'PRIMARY KEY ("company", "key_no"))',
    'CREATE TABLE "key_trial" ("company" VARCHAR(8) NOT NULL, "key_no" INTEGER NOT NULL, '
    '"state" VARCHAR(11) NOT NULL, "whose" TEXT NOT NULL, "reason" TEXT NOT NULL, "tries" INTEGER NOT NULL, '
    '"tried_at" TIMESTAMPTZ NOT NULL, PRIMARY KEY ("company", "key_no"))',
    'CREATE TABLE "login" ("id" VARCHAR(36) NOT NULL PRIMARY KEY, '
    "\"role\" VARCHAR(8) NOT NULL CHECK (role IN ('company', 'operator')), "
    '"company" VARCHAR(8), "email" TEXT NOT NULL, "password" TEXT, "password_no" INTEGER NOT NULL, '
    '"created_at" TIMESTAMPTZ NOT NULL, "invited_at" TIMESTAMPTZ, "seen_at" TIMESTAMPTZ)',
    'CREATE UNIQUE INDEX "login_company" ON "login" ("company")',
    'CREATE UNIQUE INDEX "login_email" ON "login" ("email")',
    'CREATE TABLE "session" ("id" VARCHAR(64) NOT NULL PRIMARY KEY, "login" VARCHAR(36) NOT NULL, '
    '"began_at" TIMESTAMPTZ NOT NULL, "seen_at" TIMESTAMPTZ NOT NULL, "until" TIMESTAMPTZ NOT NULL)',
    'CREATE INDEX "session_login" ON "session" ("login")',
    'CREATE INDEX "session_until" ON "session" ("until")',
    'CREATE TABLE "attempt" ("whom" VARCHAR(64) NOT NULL PRIMARY KEY, "failures" INTEGER NOT NULL, '
    '"last_at" TIMESTAMPTZ NOT NULL)',
    'CREATE INDEX "attempt_last_at" ON "attempt" ("last_at")',
    'CREATE TABLE "audit_line" ("id" SERIAL NOT NULL PRIMARY KEY, "at" TIMESTAMPTZ NOT NULL, "login" VARCHAR(36), '
    '"who" TEXT NOT NULL, "company" VARCHAR(8), "action" TEXT NOT NULL, "subject" TEXT NOT NULL)',
    'CREATE INDEX "audit_line_at" ON "audit_line" ("at")',
    'CREATE INDEX "audit_line_login" ON "audit_line" ("login")',
    'CREATE INDEX "audit_line_company_at" ON "audit_line" ("company", "at")',
    'CREATE TABLE "pick" ("company" VARCHAR(8) NOT NULL, "number" TEXT NOT NULL, "pick_no" INTEGER NOT NULL, '
    '"picked_at" TIMESTAMPTZ NOT NULL, "by" TEXT NOT NULL, PRIMARY KEY ("company", "number", "pick_no"))',
    'CREATE TABLE "letter_decision" ("letter_id" VARCHAR(36) NOT NULL, "decision_no" INTEGER NOT NULL, '
    '"company" VARCHAR(8) NOT NULL, "choice" VARCHAR(7) NOT NULL, "sent_on" DATE, '
    '"decided_at" TIMESTAMPTZ NOT NULL, "by" TEXT NOT NULL, PRIMARY KEY ("letter_id", "decision_no"))',
    'CREATE TABLE "failed_decision" ("id" SERIAL NOT NULL PRIMARY KEY, "failed_id" INTEGER NOT NULL, '
    '"times" INTEGER NOT NULL, "choice" VARCHAR(7) NOT NULL, "reason" TEXT NOT NULL, '
    '"decided_at" TIMESTAMPTZ NOT NULL, "by" TEXT NOT NULL)',
    'CREATE INDEX "failed_decision_failed_id" ON "failed_decision" ("failed_id")',
    'CREATE TABLE "erasure" ("company" VARCHAR(8) NOT NULL, "customer_number" TEXT NOT NULL, '
    '"erasure_no" INTEGER NOT NULL, "erased_at" TIMESTAMPTZ NOT NULL, "by" TEXT NOT NULL, '
    'PRIMARY KEY ("company", "customer_number", "erasure_no"))',
)


def up(_migrator: Any, database: Any) -> None:
    for table, columns in COLUMNS.items():
        for column in columns:
            name, kind = column.split(" ", 1)
            database.execute_sql(f'ALTER TABLE "{table}" ADD COLUMN "{name}" {kind}')
    for statement in TABLES:
        database.execute_sql(_typed(statement, database))


def _typed(statement: str, database: Any) -> str:
    """SQLite numbers rows by itself, and knows no truth."""
    if not isinstance(database, SqliteDatabase):
        return statement
    return statement.replace("SERIAL", "INTEGER").replace("BOOLEAN", "INTEGER")
