"""Where chaos happens: a town on PostgreSQL with two of each worker, its broker behind lines that can be cut."""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from common import clock
from common.settings import BrokerAddress, Settings
from decisions import logins
from deploy import servers
from tests.chaos import mailserver
from tests.chaos.books import Book
from tests.chaos.harm import Harm
from tests.chaos.life import Life
from tests.chaos.lines import Lines
from tests.chaos.office import Office
from tests.chaos.plan import FIRMS, KINDS_OF_WORKER, OPERATOR, Action
from tests.chaos.portal import Member
from tests.chaos.subscriber import Subscriber
from tests.e2e.town import Company, Town, town

TIME_LIMIT = 10  # seconds for one message; leases are a fifth longer
HANDS = 64  # actions at once; the longest is a process that sleeps


@dataclass(frozen=True)
class Books:
    """What the others note themselves."""

    folder: Path

    @property
    def erp(self) -> Book:
        return Book(self.folder / "erp.jsonl")

    @property
    def people(self) -> Book:
        return Book(self.folder / "people.jsonl")

    @property
    def debtors(self) -> Book:
        return Book(self.folder / "debtors.jsonl")

    @property
    def choices(self) -> Book:
        return Book(self.folder / "choices.jsonl")

    @property
    def portal(self) -> Book:
        return Book(self.folder / "portal.jsonl")

    @property
    def harm(self) -> Book:
        return Book(self.folder / "harm.jsonl")

    @property
    def subscriber(self) -> Book:
        return Book(self.folder / "subscriber.jsonl")

    @property
    def mails(self) -> Book:
        return Book(self.folder / "sandbox" / mailserver.BOOK)


@dataclass(frozen=True)
class Stage:
    """Everything that plays a part. `address` leads to the broker itself, past the lines that are cut."""

    town: Town
    life: Life
    harm: Harm
    books: Books
    subscriber: Subscriber
    address: BrokerAddress
    machine_room: ThreadPoolExecutor

    def perform(self, actions: Sequence[Action]) -> None:
        """Does everything at its time; returns when all is done. Raises what an action raised that should not."""
        began, done = time.monotonic() - min((action.at for action in actions), default=0.0), list[Future[None]]()
        hands = ThreadPoolExecutor(HANDS)
        try:
            for action in actions:
                time.sleep(max(0.0, began + action.at - time.monotonic()))
                room = self.machine_room if action.kind == "restart" else hands
                done.append(room.submit(self._act, action))
            for future in done:
                future.result()
        finally:
            hands.shutdown(wait=False, cancel_futures=True)

    def _act(self, action: Action) -> None:
        (self.life.act if self.life.does(action.kind) else self.harm.act)(action)


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Servers, processes, companies; everything is stopped at the end, whatever happened."""
    with ExitStack() as stack:
        room = stack.enter_context(_machine_room())
        broker, postgres = servers.private_broker(), servers.private_postgres()
        for server in (broker, postgres):
            stack.callback(server.__exit__)
            room.submit(server.start).result()
        address = BrokerAddress.parse(broker.url)
        lines = stack.enter_context(Lines(address.port).running())
        there = stack.enter_context(_town(folder, broker.url, lines.port, postgres.url))
        books = Books(folder)
        subscriber = stack.enter_context(Subscriber(address, books.subscriber).listening())
        firms = _firms(there)
        office = Office(_members(there, firms, books.portal), books.people, books.debtors, books.choices)
        life = Life(there, firms, office, books.erp, books.people, books.debtors)
        harm = Harm(there, lines, {"broker": broker, "postgres": postgres}, books.harm)
        stack.callback(harm.lift)
        yield Stage(there, life, harm, books, subscriber, address, room)


@contextmanager
def _machine_room() -> Iterator[ThreadPoolExecutor]:
    """One thread that starts the servers and outlives them: they are tied to whoever started them."""
    room = ThreadPoolExecutor(1)
    try:
        yield room
    finally:
        room.shutdown(wait=False, cancel_futures=True)


@contextmanager
def _town(folder: Path, broker_url: str, line: int, postgres_url: str) -> Iterator[Town]:
    parts = urlsplit(broker_url)
    behind_lines = parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{line}")).geturl()
    database = servers.create_database(postgres_url, "chaos")
    more = {"inbox_module": "tests.chaos.mailserver", "RYKKER_TIME_LIMIT": str(TIME_LIMIT)}
    more |= {"RYKKER_BOUNCE_ADDRESS": "bounces@rykker.example"}
    with town(folder, behind_lines, database, **more) as there:
        for kind in KINDS_OF_WORKER:
            there.start(f"{kind} 2", RYKKER_THREADS="1")
        yield there


def _firms(there: Town) -> list[Company]:
    return [
        there.company(fee_policy="collect", start_days=1),
        there.company(fee_policy="cover", reminders=2, start_days=1, collection_notice="after"),
        there.company(fee_policy="collect", digest=True, start_days=2, interest=True, due_date_agreed=True),
    ]


def _members(there: Town, firms: Sequence[Company], book: Book) -> dict[str, Member]:
    """Each company, and an operator, by the names of the plan, with passwords of their own."""
    settings, now = Settings.from_env(there.env), clock.business_now()
    added = {name: logins.add_company(firm.cvr, firm.email, now) for name, firm in zip(FIRMS, firms, strict=True)}
    added[OPERATOR] = logins.add_operator("drift@rykkerportalen.example", now)
    members = {name: Member(login, settings, book) for name, login in added.items()}
    for number, name in enumerate(FIRMS, start=1):
        members[name].knows([f"Firma {number}", f"mester-{number}"])
    for member in members.values():
        member.set_password()
    return members
