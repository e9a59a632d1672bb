"""Migrations while the processes run: nobody fails, nobody waits long, and what was broken off can be repeated."""

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import peewee
import pytest
from playhouse.migrations import Migration

from common import clock, db, names
from common.tables import Answer, Company, KnownInvoice
from deploy import migrate
from fetcher import store
from tests.e2e.town import eventually

pytestmark = pytest.mark.fast

SLOW = 30  # seconds after which something that should go on counts as stuck
COLUMN = """
WHEN = "pre"
def up(migrator, database):
    database.execute_sql("ALTER TABLE answer ADD COLUMN said_in TEXT NOT NULL DEFAULT ''")
"""
INDEX = """
WHEN = "pre"
atomic = False
def up(migrator, database):
    index = "INDEX" if "Sqlite" in type(database).__name__ else "INDEX CONCURRENTLY"
    database.execute_sql(f"DROP {index} IF EXISTS answer_company")
    database.execute_sql(f"CREATE {index} answer_company ON answer (company)")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two migrations that belong to tables which are there."""
    (tmp_path / "steps").mkdir()
    (tmp_path / "steps/0001_column.py").write_text(COLUMN)
    (tmp_path / "steps/0002_index.py").write_text(INDEX)
    return tmp_path / "steps"


def answer(number: int) -> None:
    with db.transaction():
        Answer.create(
            procedure_id="p", company="12345674", answer_no=number, choice="stop", answered_at=clock.real_now()
        )


def read(_: int) -> None:
    with db.connection():
        list(Answer.select().limit(10))


@contextmanager
def going_on(*works: Callable[[int], None]) -> Iterator[list[int]]:
    """Each work again and again in a thread of its own; gives how often they were done, and raises what they raised."""
    over, done, wrong = threading.Event(), [0] * len(works), []

    def run(place: int) -> None:
        try:
            while not over.is_set():
                works[place](done[place])
                done[place] += 1
        except Exception as error:  # noqa: BLE001 - it is raised below
            wrong.append(error)

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    try:
        yield done
    finally:
        over.set()
        for thread in threads:
            thread.join(SLOW)
    assert not any(thread.is_alive() for thread in threads)
    assert wrong == []


def test_a_column_and_an_index_are_added_while_others_write_and_read(database: str, folder: Path) -> None:
    with going_on(answer, read) as done:
        eventually(lambda: min(done) >= 20, "work going on")
        ran = migrate.run(folder=folder)
        then = max(done)
        eventually(lambda: min(done) > then, "work going on after it")

    assert ran == ["0001_column", "0002_index"]
    with db.connection():
        assert Answer.select().count() == done[0]
        assert "answer_company" in {index.name for index in db.handle.get_indexes("answer")}


def test_a_migration_behind_a_long_transaction_makes_nobody_else_wait_for_its_end(postgres: str, folder: Path) -> None:
    ran: list[str] = []
    migrating = threading.Thread(target=lambda: ran.extend(migrate.run(folder=folder)))
    others = [threading.Thread(target=read, args=(0,)), threading.Thread(target=answer, args=(1,))]

    with db.transaction():
        list(Answer.select())
        migrating.start()
        eventually(_waits, "the migration waiting for its lock")
        for other in others:
            other.start()
        for other in others:
            other.join(SLOW)
        stuck = [other for other in others if other.is_alive()]
        during = list(ran)
    migrating.join(SLOW)

    assert (stuck, during) == ([], [])
    assert ran == ["0001_column", "0002_index"]


def _waits() -> bool:
    db.handle.execute_sql("SELECT pg_stat_clear_snapshot()")  # a transaction otherwise sees what it saw first
    waits = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'ALTER TABLE answer%%'"
    return bool(db.handle.execute_sql(waits).fetchone())


def test_a_migration_that_never_gets_its_lock_says_so_and_can_be_repeated(
    postgres: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrate, "TRIES", 2)
    wrong: list[BaseException] = []

    def attempt() -> None:
        try:
            migrate.run(folder=folder)
        except migrate.TablesBusy as error:
            wrong.append(error)

    migrating = threading.Thread(target=attempt)
    with db.transaction():
        list(Answer.select())
        migrating.start()
        migrating.join(SLOW)

    assert "run `rykker migrate` again" in str(wrong)
    assert migrate.missing(None, folder) == ["0001_column", "0002_index"]
    assert migrate.run(folder=folder) == ["0001_column", "0002_index"]


def test_an_index_that_was_broken_off_is_built_anew(postgres: str, folder: Path) -> None:
    answer(1)
    answer(2)
    with db.connection(), pytest.raises(peewee.IntegrityError):
        db.handle.execute_sql("CREATE UNIQUE INDEX CONCURRENTLY answer_company ON answer (company)")
    assert _broken() == ["answer_company"]

    migrate.run(folder=folder)

    assert _broken() == []


def _broken() -> list[str]:
    with db.connection():
        found = db.handle.execute_sql("SELECT indexrelid::regclass::text FROM pg_index WHERE NOT indisvalid")
        return [name for (name,) in found.fetchall()]


def test_a_step_that_fails_keeps_the_steps_before_it_and_is_named(database: str, folder: Path) -> None:
    shutil.copy(folder / "0001_column.py", folder / "0003_column_again.py")

    with pytest.raises((peewee.OperationalError, peewee.ProgrammingError), match="said_in"):
        migrate.run(folder=folder)

    assert migrate.missing(None, folder) == ["0003_column_again"]


# --- 0010: customers of invoices -------------------------------------------------------------------------------------
CVR, OTHER = "12345674", "99000012"
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)


def known(company: str, number: int, customer: str, written: str = "") -> dict[str, Any]:
    """An invoice as the old code saved it, or with the customer that the new code wrote."""
    debtor = {"customer_number": customer, "name": 'Ane "æøå" Holm'}
    state = {"number": str(number), "debtor": debtor, "due_on": f"2026-01-{number % 28 + 1:02}"}
    row = {"company": company, "number": str(number), "sequence": 1, "asked": True, "tracked": True}
    return row | {"outstanding": Decimal("1.00"), "state": state, "customer_number": written}


def save(*rows: dict[str, Any]) -> None:
    with db.transaction():
        for cvr in {row["company"] for row in rows}:
            base = {"cvr": cvr, "name": "a", "email": "a@b.example", "created_at": MONDAY}
            Company.insert(base).on_conflict_ignore().execute()
        KnownInvoice.insert_many(rows).execute()


def backfill(step_no: str = "0010") -> None:
    (step,) = (one for one in Migration.load_directory(str(migrate.FOLDER)) if one.name.startswith(step_no))
    with db.connection():
        step.load().up(None, db.handle.obj)


def customers() -> dict[tuple[str, str], str]:
    with db.connection():
        return {(row.company, row.number): row.customer_number for row in KnownInvoice.select()}


def test_invoices_get_the_customers_that_stand_in_their_states(database: str) -> None:
    save(known(CVR, 1, "BF-1"), known(CVR, 2, "Åse's 100%"), known(CVR, 3, ""), known(OTHER, 1, "7"))
    save(known(CVR, 4, "old", written="newer"))

    backfill()
    first = customers()
    backfill()

    assert first == customers()
    assert first == {
        (CVR, "1"): "BF-1",
        (CVR, "2"): "Åse's 100%",
        (CVR, "3"): "",
        (CVR, "4"): "newer",
        (OTHER, "1"): "7",
    }


def test_invoices_get_their_customers_while_a_fetcher_saves_them_in_another_order(database: str) -> None:
    save(*(known(CVR, number, f"K-{number}") for number in range(300)))

    def fetched(times: int) -> None:
        with db.transaction():
            store.lock_company(CVR)
            for number in range(299, 0, -20):
                these = (KnownInvoice.company == CVR) & (KnownInvoice.number == str(number))
                KnownInvoice.update(sequence=times).where(these).execute()

    with going_on(fetched) as done:
        eventually(lambda: done[0] >= 5, "work going on")
        for _ in range(5):
            backfill()
            with db.transaction():
                store.lock_company(CVR)
                KnownInvoice.update(customer_number="").execute()
        backfill()

    assert customers() == {(CVR, str(number)): f"K-{number}" for number in range(300)}


# --- 0018: lists of invoices -----------------------------------------------------------------------------------------
def filed() -> dict[str, tuple[date | None, str]]:
    with db.connection():
        return {row.number: (row.due_on, row.debtor_key) for row in KnownInvoice.select()}


def test_invoices_are_filed_as_their_states_say_while_a_fetcher_saves_them(database: str) -> None:
    save(*(known(CVR, number, f"K-{number}") for number in range(1500)))
    save(known(OTHER, 1500, "7"))

    def fetched(times: int) -> None:
        with db.transaction():
            store.lock_company(CVR)
            for number in range(1499, 0, -100):
                these = (KnownInvoice.company == CVR) & (KnownInvoice.number == str(number))
                KnownInvoice.update(sequence=times).where(these).execute()

    with going_on(fetched) as done:
        eventually(lambda: done[0] >= 3, "work going on")
        backfill("0018")
        again = done[0]
        eventually(lambda: done[0] > again, "work going on after it")

    key = names.key('Ane "æøå" Holm')
    assert filed() == {str(number): (date(2026, 1, number % 28 + 1), key) for number in range(1501)}
