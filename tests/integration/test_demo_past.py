"""The past of one example company, played on the real stand-ins by the real handlers."""

import socket
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from shutil import copy
from typing import Any

import pytest

from common import clock, db, outbox
from common.events import FetchFinished, FetchPageRequested, FetchRequested
from common.outbox import Said
from common.settings import Settings
from common.tables import (
    Answer,
    Company,
    FetchRun,
    KnownInvoice,
    Letter,
    Login,
    Objection,
    Outbox,
    Procedure,
    SetAside,
)
from common.topology import SUBSCRIPTIONS
from deploy import trial
from deploy.sandbox import erp, inbox, prologue
from deploy.sandbox import memory as memories
from deploy.sandbox.client import Inbox
from deploy.sandbox.creditors import FJORDBY
from deploy.sandbox.hands import Hands, Letters
from deploy.sandbox.settings import Settings as SandboxSettings
from deploy.sandbox.town import Town
from deploy.sandbox.ways import ways
from notifier.mailer import Away
from scheduler import statements, store
from scheduler.app import request_due_fetches
from tests.integration.serving import served

START = datetime(2026, 2, 16, 7, tzinfo=UTC)
TOMORROW = datetime(2026, 2, 17, 5, 30, tzinfo=UTC)


class Place:
    """A folder with an empty database, the stand-ins, and a business clock that stands."""

    def __init__(self, folder: Path, empty: Path, erp_at: str, inbox_at: str, smtp_at: str) -> None:
        self.folder, self.erp_at, self.inbox_at = folder, erp_at, inbox_at
        file = folder / "rykker.sqlite"
        if not file.exists():
            copy(empty, file)
        doors = {"RYKKER_SANDBOX_ERP": erp_at, "RYKKER_SANDBOX_INBOX": inbox_at, "RYKKER_SANDBOX_DIR": str(folder)}
        self.sandbox = SandboxSettings.from_env(doors)
        self.env = {
            "RYKKER_DATABASE_URL": f"sqlite:///{file}",
            "RYKKER_SECRET": "s" * 40,
            "RYKKER_ERP_URL": f"http://{erp_at}",
            "RYKKER_SMTP_URL": f"smtp://{smtp_at}",
            "RYKKER_CLOCK": str(folder / "clock"),
            "RYKKER_BOUNCE_ADDRESS": "bounces@portal.example",
        }
        self.settings = Settings.from_env(self.env)

    def enter(self, now: datetime = START) -> "Place":
        (self.folder / "clock").write_text(f"{now.isoformat()} {now.isoformat()} 0")
        clock.follow(self.folder / "clock")
        db.use(self.settings.database_url)
        outbox.sign_as("tests")
        return self

    def play(self, **changes: str) -> None:
        prologue.play(replace(self.settings, **changes), self.sandbox)

    def database(self) -> str:
        with sqlite3.connect(self.folder / "rykker.sqlite") as connection:
            return "\n".join(connection.iterdump())

    def erp(self) -> list[tuple[object, ...]]:
        """The invoices as the ERP has them, but for when they were written."""
        columns = "invoice_number, payed_amount, payed_date, payment_date, amount_vat, raw"
        with sqlite3.connect(self.folder / "erp.sqlite") as connection:
            return connection.execute(
                f"SELECT {columns} FROM invoice WHERE key = ? ORDER BY 1", [FJORDBY.key]
            ).fetchall()

    def mails(self) -> list[str]:
        door = Inbox(f"http://{self.inbox_at}")
        found = [f"{mail.to}: {mail.subject}" for mail in door.messages(limit=1000)]
        door.close()
        return found


@pytest.fixture(scope="module")
def place_at(empty_sqlite: Path) -> Callable[[Path], Iterator[Place]]:
    def at(folder: Path) -> Iterator[Place]:
        with socket.create_server(("127.0.0.1", 0)) as smtp:
            stand_in, mails = erp.create_app(folder / "erp.sqlite"), inbox.create_app(folder / "in.sqlite", smtp)
            with served(stand_in) as one, served(mails) as two:
                yield Place(folder, empty_sqlite, one, two, "{}:{}".format(*smtp.getsockname()))

    return at


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory, place_at: Callable[[Path], Iterator[Place]]) -> Iterator[Place]:
    """A past that was played once, for all who only look at it."""
    followed = clock._followed
    for place in place_at(tmp_path_factory.mktemp("played")):
        place.enter().play()
        yield place
        db.handle.close_all()
    clock._followed = followed


@pytest.fixture
def past(played: Place) -> Iterator[Place]:
    played.enter()
    with db.connection():
        yield played


@pytest.fixture
def place(tmp_path: Path, place_at: Callable[[Path], Iterator[Place]]) -> Iterator[Place]:
    for fresh in place_at(tmp_path):
        yield fresh.enter()
        db.handle.close_all()


def procedures(**so: object) -> list[Procedure]:
    return list(Procedure.select().where(*(getattr(Procedure, name) == value for name, value in so.items())))


STAGES: dict[str, Callable[[], Iterable[object]]] = {
    "found, not asked": lambda: KnownInvoice.select().where(~KnownInvoice.asked, KnownInvoice.outstanding > 0),
    "awaiting decision": lambda: procedures(stage="awaiting_decision"),
    "running, before the first reminder": lambda: procedures(stage="running", step=0),
    "running, after it": lambda: procedures(stage="running", step=1),
    "disputed, with words": lambda: [
        one for one in procedures(stage="paused", reason="disputed") if Objection.get(procedure_id=one.id).words
    ],
    "said to be paid": lambda: procedures(stage="paused", reason="said_paid"),
    "paused by the company": lambda: procedures(stage="paused", reason="company"),
    "collecting fees": lambda: procedures(stage="collecting_fees"),
    "escalated": lambda: procedures(stage="escalated"),
    "settled before a reminder": lambda: procedures(stage="settled", reason="paid"),
    "settled with its fees": lambda: procedures(stage="settled", reason="fees_paid"),
    "settled, covered": lambda: procedures(stage="settled", reason="covered"),
    "waived": lambda: procedures(stage="settled", reason="waived"),
    "cancelled by stop": lambda: procedures(stage="cancelled", reason="stopped"),
    "a letter that came back": lambda: Letter.select().where(Letter.state == "bounced", Letter.to_debtor),
    "no address": lambda: procedures(debtor_email=None, stage="running"),
    "set aside": lambda: list(SetAside.select()),
    "paid in part": lambda: [one for one in procedures(stage="running") if one.paid],
    "started by silence": lambda: [
        one for one in procedures(stage="running") if not Answer.select().where(Answer.procedure_id == one.id).exists()
    ],
}


@pytest.mark.parametrize("stage", STAGES)
def test_every_stage_has_an_invoice(past: Place, stage: str) -> None:
    assert list(STAGES[stage]())


def test_it_is_a_past_of_two_months_with_a_fetch_a_day(past: Place) -> None:
    company, runs = Company.get(), list(FetchRun.select().order_by(FetchRun.began_at))

    assert company.created_at.date().isoformat() == "2025-12-22"
    assert {run.state for run in runs} == {"finished"}
    assert len({run.began_at.date() for run in runs}) == len(runs) == 57
    assert all(row.at <= row.published_at <= START for row in Outbox.select().where(Outbox.published_at.is_null(False)))


def test_its_letters_are_sent_and_only_those_of_today_are_in_the_inbox(past: Place) -> None:
    assert {letter.state for letter in Letter.select()} == {"sent", "bounced"}
    assert sorted(mail.partition(":")[2].strip()[:20] for mail in past.mails()) == sorted(
        letter.subject[:20] for letter in Letter.select().where(Letter.sent_at >= START.replace(hour=0))
    )
    assert len(past.mails()) == 3


def test_what_is_due_is_published_and_the_scheduler_has_nothing_to_make_up_for(past: Place) -> None:
    waiting = Outbox.select().where(Outbox.published_at.is_null())

    assert {row.type for row in waiting} == {"procedure.due"}
    assert all(row.at > START for row in waiting)
    assert not Procedure.select().where(Procedure.wake_at <= START).exists()
    assert (store.companies_due(START), store.nudge_missed(START), statements.ask(START)) == ([], 0, 0)


def test_nothing_is_said_twice_when_the_processes_start(past: Place) -> None:
    class Broker:
        def publish(self, rows: Sequence[Said]) -> dict[str, str]:
            return {row.event_id: "confirmed" for row in rows}

    before = past.database()

    assert outbox.relay(Broker(), "test") == 0
    assert past.database() == before


def test_a_second_start_changes_nothing(past: Place) -> None:
    before = past.database(), past.erp(), past.mails()

    with pytest.raises(prologue.NotHere):
        past.play()

    assert (past.database(), past.erp(), past.mails()) == before


def test_whoever_hears_an_event_is_handed_it(past: Place) -> None:
    tables = prologue.tables(past.settings, Letters().send)

    assert {queue: {line.event for line in table} for queue, table in tables.items()} == {
        queue: set(heard) for queue, heard in SUBSCRIPTIONS.items()
    }


# --- what changes something has a copy of its own
@pytest.fixture
def copied(played: Place, tmp_path: Path, place_at: Callable[[Path], Iterator[Place]]) -> Iterator[Place]:
    played.enter()
    db.handle.close_all()
    for name in ("rykker.sqlite", "erp.sqlite", "in.sqlite"):
        with closing(sqlite3.connect(played.folder / name)) as here, closing(sqlite3.connect(tmp_path / name)) as there:
            here.backup(there)
    copy(played.folder / "demo.json", tmp_path)
    for place in place_at(tmp_path):
        yield place.enter()
        db.handle.close_all()


def test_the_next_fetch_finds_the_same(copied: Place) -> None:
    copied.enter(TOMORROW)
    with db.connection():
        last = Outbox.select().order_by(Outbox.id.desc()).get().id
        known = {row.number: row.state for row in KnownInvoice.select()}
        request_due_fetches()
        lines = prologue.tables(copied.settings, Letters().send)["fetcher"]
        with db.transaction():
            while Hands({"fetcher": lines}).hand_over(TOMORROW):
                pass

        said = {row.type for row in Outbox.select().where(Outbox.id > last)}
        assert said == {FetchRequested.type, FetchPageRequested.type, FetchFinished.type}
        assert {row.number: row.state for row in KnownInvoice.select()} == known


def test_the_people_go_on_and_do_nothing_of_it_again(copied: Place, capsys: pytest.CaptureFixture[str]) -> None:
    done, books = memories.load(copied.folder / "demo.json", clock.today()).done, copied.erp()

    with ways(copied.sandbox) as through:
        town = Town(copied.settings, copied.sandbox, through, [FJORDBY])
        town.live()

    assert town.memory.done == done
    assert copied.erp() == books
    assert capsys.readouterr().out == ""


def test_a_newcomer_comes_in_by_two_links(copied: Place) -> None:
    found = trial.links(copied.env)

    assert list(found) == ["Fjordby VVS ApS", "an operator"]
    assert all(len(link) < 80 for link in found.values())
    with db.connection():
        assert Login.select().count() == 2


# --- where it is not played, and what is cut short
@pytest.mark.parametrize(
    "changes",
    [
        {"clock_file": ""},
        {"erp_url": "https://v2.api.ordrestyring.dk"},
        {"erp_url": "http://127.0.0.1:9"},
        {"smtp_url": "smtp://mail.example"},
        {"portal_url": "https://portal.example"},
        {"database_url": "postgresql://db.example/rykker"},
    ],
    ids=str,
)
def test_no_past_is_played_but_on_a_trial_clock_with_everything_on_loopback(
    place: Place, changes: dict[str, str]
) -> None:
    with pytest.raises(prologue.NotHere):
        place.play(**changes)

    with db.connection():
        assert not Company.select().exists()
    assert place.erp() == []


def test_a_database_that_is_in_use_is_left_alone(place: Place) -> None:
    with db.transaction():
        Company.create(cvr="99000007", name="Jensen", email="j@j.example", created_at=START)
    before = place.database()

    with pytest.raises(prologue.NotHere, match="goes on from there"):
        place.play()

    assert place.database() == before
    assert place.erp() == []


def test_a_past_that_is_cut_short_has_never_been_and_is_begun_anew(played: Place, place: Place) -> None:
    empty = place.database()

    with pytest.raises(Away):
        place.play(smtp_url="smtp://127.0.0.1:9")  # the last thing of all
    assert place.database() == empty
    assert place.erp()
    place.play()

    assert place.erp() == played.erp()
    assert len(place.mails()) == 3
    with db.connection():
        assert Company.select().count() == 1


def test_postgresql_comes_to_the_same(played: Place, place: Place, postgres: str) -> None:
    def outcome() -> list[tuple[object, ...]]:
        columns = (Procedure.invoice_number, Procedure.stage, Procedure.reason, Procedure.step, Procedure.wake_at)
        with db.connection():
            rows: Any = Procedure.select(*columns).order_by(Procedure.invoice_number).tuples()
            return list(rows)

    played.enter()
    expected = outcome()
    db.use(postgres)

    place.play(database_url=postgres)

    assert outcome() == expected
