"""A town in which processes die where a test wants it; what the others noted is judged after each story."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import peewee

from common import clock, db
from common.publisher import BrokerUnreachable
from common.settings import BrokerAddress
from common.tables import Letter, Outbox, RelayLease
from deploy import servers
from notifier import held as letters
from tests.chaos import logs, rows
from tests.chaos.facts import Answered, Deed, Disturbance, Facts, Heard, Mail
from tests.chaos.ledgers import findings
from tests.chaos.stage import TIME_LIMIT, Books
from tests.chaos.subscriber import ASLEEP, ROOM, Subscriber
from tests.e2e.town import Invoice, Town, answers, eventually, town

OVERDUE = timedelta(days=-1)  # what a lease is set to, so that nobody has to wait for its end
STEADY = 5  # looks in a row that must find nothing to do
SPEED = 60  # business seconds a real second: a day's morning, in which companies are fetched, lasts for all tests
AMOUNT = Decimal("1250.00")
QUICK = {
    "inbox_module": "tests.chaos.mailserver",
    "scheduler_module": "tests.chaos.brisk",
    "RYKKER_TIME_LIMIT": str(TIME_LIMIT),
    "MAILSERVER_UNHEARD": "0.05",  # seconds; whoever is to die in between does so at a point
    "dramatiq_restart_delay": "300",  # milliseconds until a consumer looks for a broker that went away
}


@dataclass
class Scene:
    """A town on servers of its own, with its books; `explained` are dead letters that the test wanted."""

    town: Town
    broker: servers.Private
    postgres: servers.Private
    books: Books
    subscriber: Subscriber
    released: dict[str, int] = field(default_factory=dict)
    explained: set[int] = field(default_factory=set)

    # --- deaths
    @contextmanager
    def crash(self, name: str, at: str, leases: timedelta = OVERDUE) -> Iterator[None]:
        """Process `name`, started anew, dies at this point during the block; then leases run out, and it lives."""
        with self.town.lock:
            self.town.kill(name)
            self.town.own_env[name] = {"RYKKER_CRASH_AT": at}
            self.town.start(name)
            doomed = self.town.running.pop(name)  # so that nobody starts it again
        try:
            yield
            eventually(lambda: doomed.poll() is not None, f"{name} dying at {at}")
        finally:
            self._bury(name, doomed)
        self.note(f"crash {at}", name)
        assert doomed.returncode == -signal.SIGKILL, self.town.log(name)[-2000:]
        self.leases_end(leases)
        self.town.start(name)

    def _bury(self, name: str, doomed: subprocess.Popen[bytes]) -> None:
        doomed.kill()
        doomed.wait()
        self.town.own_env[name] = {}

    @contextmanager
    def asleep(self, *names: str) -> Iterator[None]:
        for name in names:
            self.town.running[name].send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            for name in names:
                self.town.running[name].send_signal(signal.SIGCONT)

    @contextmanager
    def settings(self, name: str, **env: str) -> Iterator[None]:
        """Process `name` has these settings meanwhile."""
        self._restart(name, env)
        yield
        self._restart(name, {})

    def _restart(self, name: str, env: dict[str, str]) -> None:
        self.note("kill", name)
        with self.town.lock:
            self.town.own_env[name] = env
            self.town.restart(name)

    def leases_end(self, away: timedelta = OVERDUE) -> None:
        at = clock.real_now() + away
        with db.transaction():
            RelayLease.update(until=at).execute()
            Outbox.update(retry_at=at).where(Outbox.retry_at.is_null(False)).execute()
            Letter.update(leased_until=at).where(Letter.state == "sending").execute()

    def note(self, what: str, to: str) -> None:
        self.books.harm.write(Disturbance(clock.real_now(), what, to))

    # --- time
    def set_clock(self, now: datetime) -> None:
        self.town.set_clock(now, SPEED)

    def go_to(self, day: date) -> None:
        self.town.go_to(day)
        self.set_clock(clock.business_now())

    # --- stories
    def invoice(self, **choices: object) -> Invoice:
        """An overdue invoice of a new company; its first fetch finds it."""
        with self.asleep("scheduler") if "scheduler" in self.town.running else ExitStack():
            invoice = self.town.company(**choices).invoice(f"{AMOUNT}")
        self.created(invoice)
        return invoice

    def created(self, invoice: Invoice) -> None:
        self.books.erp.write(Deed(clock.real_now(), str(invoice.number), "created", invoice.amount))

    def asked(self, **choices: object) -> Invoice:
        """One that the company has been asked about."""
        invoice = self.invoice(**choices)
        self.is_asked_about(invoice)
        return invoice

    def is_asked_about(self, invoice: Invoice) -> None:
        eventually(lambda: (row := invoice.procedure()) and row.notified_on, "the company being asked")

    def pay(self, invoice: Invoice) -> None:
        invoice.pay()
        self.books.erp.write(Deed(clock.real_now(), str(invoice.number), "paid", Decimal(0)))

    def start(self, invoice: Invoice) -> None:
        """The company presses the button; Answered is what it was told. Raises requests.ConnectionError."""
        procedure, began = invoice.procedure(), clock.real_now()
        assert procedure
        mail, heard = invoice.notice(), False
        try:
            heard = self.town.press(mail, "start", "start").status_code == 200
        finally:
            at = clock.real_now() if heard else began
            self.books.people.write(Answered(at, procedure.id, "start", heard))

    def release(self, letter: Letter) -> None:
        letters.release(letter.id, clock.business_now())
        self.released[letter.id] = self.released.get(letter.id, 0) + 1

    def is_open(self) -> bool:
        return answers(self.town.env["RYKKER_PORTAL_URL"])

    # --- what came of it
    def taken(self, letter: Letter) -> int:
        """How often the mail server took this letter."""
        return sum(1 for mail in self.books.mails.read(Mail) if mail.message_id == letter.message_id)

    def heard(self, kind: str, invoice: Invoice) -> list[str]:
        """Ids of the events of this type about the invoice, as often as the subscriber heard them."""
        with db.connection():
            about = Outbox.select(Outbox.event_id).where(Outbox.company == invoice.company.cvr, Outbox.type == kind)
            ids = {row.event_id for row in about}
        return [event.id for event in self.books.subscriber.read(Heard) if event.id in ids]

    def judge(self) -> None:
        """Waits until nobody has anything to do; then nothing may be lost, and nothing doubled.

        A timer may fall due while we look: what is wrong stays so when we look again.
        """
        found = self.found_when_quiet() and self.found_when_quiet()
        assert not found, "\n".join(found)

    def found_when_quiet(self) -> list[str]:
        steady = 0

        def is_over() -> bool:
            nonlocal steady
            steady = steady + 1 if self.is_quiet() else 0
            return steady >= STEADY

        eventually(is_over, "quiet", timeout=120)
        return findings(self.facts())

    def is_quiet(self) -> bool:
        now = clock.business_now()
        due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= now)
        unsent = Letter.select().where(
            (Letter.state == "sending") | ((Letter.state == "planned") & (Letter.try_at <= now))
        )
        try:
            with db.connection():
                busy = due.exists() or unsent.exists()
            return (
                not busy and not any(rows.queues(self.subscriber.address).values()) and self.subscriber.is_up_to_date()
            )
        except (peewee.OperationalError, peewee.InterfaceError, BrokerUnreachable):
            db.handle.close_all()  # connections from before the server's restart
            return False

    def facts(self) -> Facts:
        books = self.books
        return Facts(
            now=clock.real_now(),
            clock=list(self.town.anchors),
            sending=timedelta(seconds=TIME_LIMIT) * 1.2,
            deeds=books.erp.read(Deed),
            mails=books.mails.read(Mail),
            heard=books.subscriber.read(Heard),
            answers=books.people.read(Answered),
            disturbances=books.harm.read(Disturbance),
            released=self.released,
            procedures=rows.procedures(),
            fees=rows.fees(),
            letters=rows.letters(),
            questions=rows.questions(),
            shown=rows.shown(),
            outbox=rows.outbox(),
            failed=[row for row in rows.failed() if row.id not in self.explained],
            tries=logs.tries(books.folder),
            queues=rows.queues(self.subscriber.address),
            asleep=self.subscriber.waiting(ASLEEP),
            room=ROOM,
        )


@contextmanager
def scene(folder: Path) -> Iterator[Scene]:
    """Servers, processes, a subscriber; everything is stopped at the end."""
    with ExitStack() as stack:
        broker = stack.enter_context(servers.private_broker())
        postgres = stack.enter_context(servers.private_postgres())
        database = servers.create_database(postgres.url, "crashes")
        there = stack.enter_context(town(folder, broker.url, database, **QUICK))
        books = Books(folder)
        listener = Subscriber(BrokerAddress.parse(broker.url), books.subscriber)
        there.set_clock(clock.business_now(), SPEED)
        yield Scene(there, broker, postgres, books, stack.enter_context(listener.listening()))
