"""A small town to tell stories in: the five processes, the stand-in ERP and the inbox, for real, on a clock of its own.

The clock runs ten minutes a second and jumps over the days in which nothing happens.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import requests

from common import clock, db, outbox, publisher, topology
from common.calendar import COPENHAGEN, local_date
from common.ledger import owed
from common.secrets import Vault
from common.settings import Settings
from common.tables import TABLES, Fetch, FetchRun, LedgerLine, Letter, Outbox, Procedure
from decisions import companies
from deploy.sandbox.client import Erp, Inbox, Mail
from deploy.sandbox.wire import NewInvoice
from deploy.servers import free_port

T = TypeVar("T")
PROCESSES = ("scheduler", "fetcher", "dunning", "notifier", "decisions")
MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
SPEED = 600  # business seconds a real second
PATIENCE = 60.0  # real seconds for anything to happen
EARLY = "06:00"  # when companies are fetched
SECRET = "the-town-has-a-secret-of-its-own-that-is-long-enough"


def eventually(look: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
    """What `look` sees as soon as it is true."""
    end = time.monotonic() + timeout
    while not (seen := look()):
        if time.monotonic() > end:
            raise AssertionError(f"{what}: not within {timeout:.0f} s")
        time.sleep(0.1)
    return seen


@dataclass
class Town:
    """Everything that runs, and what a person in it can do and see."""

    folder: Path
    env: dict[str, str]
    erp: Erp
    inbox: Inbox
    running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    own_env: dict[str, dict[str, str]] = field(default_factory=dict)
    companies: int = 0
    invoices: int = 1000
    anchors: list[clock.Anchor] = field(default_factory=list)  # how the clock was set, each time
    lock: threading.RLock = field(default_factory=threading.RLock)
    over: threading.Event = field(default_factory=threading.Event)

    # --- processes
    def start(self, name: str, module: str = "", **env: str) -> None:
        """Starts a process; `name` may be that of a second one of its kind, such as `dunning 2`.

        What is said of its module and settings holds for every later start of this name.
        """
        with self.lock, (self.folder / f"{name}.log").open("ab") as log:
            module = self.modules.setdefault(name, module or name.split(maxsplit=1)[0])
            own = self.own_env.setdefault(name, env)
            argv = [sys.executable, "-m", module]
            self.running[name] = subprocess.Popen(argv, env=self.env | own, stdout=log, stderr=log)

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        with self.lock:
            process = self.running.pop(name)
            process.send_signal(how)
            process.wait(20)

    def restart(self, name: str) -> None:
        """kill -9, and a new one."""
        with self.lock:
            self.kill(name)
            self.start(name)

    def stop(self, names: Sequence[str]) -> None:
        """Asks them to leave, as an operator would, all at once; nobody starts them again."""
        with self.lock:
            leaving = [self.running.pop(name) for name in names]
            for process in leaving:
                process.terminate()
            for process in leaving:
                process.wait(30)

    def watch(self) -> None:
        """Starts again whoever left by himself, as whatever supervises processes in production does."""
        while not self.over.wait(0.5):
            with self.lock:
                for name in [name for name, process in self.running.items() if process.poll() is not None]:
                    self.start(name)

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    # --- time
    @property
    def today(self) -> date:
        return local_date(clock.business_now())

    def set_clock(self, now: datetime, speed: float = SPEED) -> None:
        path = Path(self.env["RYKKER_CLOCK"])
        new = path.with_suffix(".new")
        anchor = clock.Anchor(now, clock.real_now(), speed)
        new.write_text(str(anchor))
        new.replace(path)
        self.anchors.append(anchor)

    def go_to(self, day: date) -> None:
        """Jumps to shortly after nine on that day; the day's fetch and what fell due come at once."""
        nine = datetime(day.year, day.month, day.day, 9, 1, tzinfo=COPENHAGEN).astimezone(UTC)
        self.set_clock(max(nine, clock.business_now()))

    def go_on(self, days: int) -> None:
        self.go_to(self.today + timedelta(days=days))

    # --- people
    def company(self, **choices: Any) -> "Company":
        self.companies += 1
        number = valid_cvr(1_000_000 + 20 * self.companies)
        key, email = f"key-of-{number}", f"mester-{self.companies}@vvs.example"
        self.erp.add_company(key, f"Firma {self.companies} ApS", number)
        settings = Settings.from_env(self.env)
        with db.transaction():
            companies.add(
                cvr=number,
                name=f"Firma {self.companies} ApS",
                email=email,
                api_key=key,
                vault=Vault(settings.secret),
                now=clock.business_now(),
                **({"wait_days": 0, "start_days": 3, "fetch_at": EARLY} | choices),
            )
        return Company(self, number, key, email)

    def press(self, mail: Mail, word: str, choice: str) -> requests.Response:
        """Opens the link that the mail's button `word` leads to, as a browser would, and presses the page's button."""
        url = link(mail, word)
        page = requests.get(url, timeout=30)
        assert page.status_code == 200, page.text
        forms = re.findall(r"<form.*?</form>", page.text, flags=re.S)
        form = next(f for f in forms if f'value="{choice}"' in f)
        fields = dict(re.findall(r'name="([^"]+)"[^>]*value="([^"]*)"', form))
        return requests.post(url, data=fields, timeout=30)

    def object(self, mail: Mail, kind: str, **typed: str) -> requests.Response:
        """Opens the debtor's link in his mail, and sends what he typed in the form of that kind."""
        url = re.findall(r'href="([^"]+/claim/[^"]+)"', mail.html or "")[0]
        page = requests.get(url, timeout=30)
        assert page.status_code == 200, page.text
        form = next(f for f in re.findall(r"<form.*?</form>", page.text, flags=re.S) if f'value="{kind}"' in f)
        hidden = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
        return requests.post(url, data=hidden | typed, timeout=30)

    # --- what is so
    def events(self, company: str) -> list[str]:
        """The types of all that was said and published about a company, in order."""
        with db.connection():
            rows = Outbox.select().where(Outbox.company == company, Outbox.published_at.is_null(False))
            return [row.type for row in rows.order_by(Outbox.id)]


@dataclass(frozen=True)
class Company:
    """A tradesman in the town."""

    town: Town
    cvr: str
    key: str
    email: str

    def invoice(
        self, amount: str = "1250.00", email: str | None = "", overdue_for: int = 14, customer: str = ""
    ) -> "Invoice":
        """An unpaid invoice at the ERP that fell due so many days ago; of a customer of its own, or of this one."""
        self.town.invoices += 1
        number, due_on = self.town.invoices, self.town.today - timedelta(days=overdue_for)
        address = f"{customer or f'kunde-{number}'}@holm.example".lower() if email == "" else email
        customer = customer or f"K-{number}"
        self.town.erp.add_invoices(
            [
                NewInvoice(
                    key=self.key,
                    number=number,
                    customer_number=customer,
                    customer_name=f"Kunde {number}",
                    email=address,
                    amount=Decimal(amount),
                    issued_on=due_on - timedelta(days=14),
                    due_on=due_on,
                )
            ]
        )
        return Invoice(self, number, Decimal(amount), address or "", customer, due_on)

    def mail(self, subject: str, number: int | None = None) -> Mail:
        return self._mail(self.email, subject if number is None else f"{number}", subject)

    def _mail(self, to: str, part: str, subject: str) -> Mail:
        def look() -> Mail | None:
            found = [m for m in self.town.inbox.messages(to=to, subject=part) if subject.lower() in m.subject.lower()]
            return self.town.inbox.message(found[0].id) if found else None

        mail = eventually(look, f"a mail to {to} with {subject!r} and {part!r}")
        assert mail
        return mail


@dataclass(frozen=True)
class Invoice:
    """An invoice and what has become of it."""

    company: Company
    number: int
    amount: Decimal
    email: str
    customer: str
    due_on: date

    @property
    def town(self) -> Town:
        return self.company.town

    def day_is_over(self) -> None:
        """Waits until today's fetch is done and everything that came of it is published."""
        cvr, today = self.company.cvr, self.town.today

        def done() -> bool:
            with db.connection():
                run = FetchRun.select().join(Fetch, on=(Fetch.id == FetchRun.fetch_id))
                fetched = run.where(Fetch.company == cvr, Fetch.business_date == today, FetchRun.state == "finished")
                due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= clock.business_now())
                return fetched.exists() and not due.exists()

        eventually(done, "the day's work being done")

    def pay(self, amount: Decimal | None = None) -> None:
        self.town.erp.pay(self.number, self.amount if amount is None else amount, self.town.today)

    def procedure(self) -> Procedure | None:
        with db.connection():
            of_invoice = Procedure.select().where(
                Procedure.company == self.company.cvr, Procedure.invoice_number == str(self.number)
            )
            return of_invoice.order_by(Procedure.round.desc()).first()  # type: ignore[no-any-return]

    def rounds(self) -> list[str]:
        """The ids of its procedures, oldest first."""
        mine = (Procedure.company == self.company.cvr, Procedure.invoice_number == str(self.number))
        with db.connection():
            return [row.id for row in Procedure.select(Procedure.id).where(*mine).order_by(Procedure.round)]

    def reaches(self, stage: str, reason: str | None = None, **fields: Any) -> Any:
        """Waits until the procedure is in this stage (and has these values)."""
        wanted = {"stage": stage} | ({} if reason is None else {"reason": reason}) | fields

        def look() -> Procedure | None:
            row = self.procedure()
            return row if row and all(getattr(row, name) == value for name, value in wanted.items()) else None

        try:
            found = eventually(look, f"invoice {self.number} becoming {wanted}")
        except AssertionError as error:
            raise AssertionError(f"{error}; it is {self.procedure() and self.procedure().__data__}") from None  # type: ignore[union-attr]
        assert found
        return found

    def letters(self, kind: str) -> list[Letter]:
        row = self.procedure()
        with db.connection():
            return list(Letter.select().where(Letter.procedure_id == row.id, Letter.kind == kind)) if row else []

    def mails(self, to: str | None = None) -> list[str]:
        """Subjects of the mails to the debtor, or to `to`, that name this invoice; oldest first."""
        found = self.town.inbox.messages(to=to or self.email, subject=str(self.number))
        return [mail.subject for mail in reversed(found)]

    def notice(self) -> Mail:
        return self.company.mail("", self.number)

    def reminder(self, step: int) -> Mail:
        """The step's reminder in the debtor's inbox, once the procedure knows that it was sent."""
        self.reaches("running", step=step)
        found = self.town.inbox.messages(to=self.email)
        assert len(found) == step, [mail.subject for mail in found]
        return self.town.inbox.message(found[0].id)

    def fees(self) -> Decimal:
        """What the ledger says that the debtor owes beyond the principal."""
        row = self.procedure()
        assert row
        with db.connection():
            return owed(LedgerLine.select().where(LedgerLine.procedure_id == row.id)).charges


def link(mail: Mail, word: str) -> str:
    """Where the mail's button with this word in it leads."""
    found: list[tuple[str, str]] = re.findall(
        r'<a[^>]*href="([^"]+/answer/[^"]+)"[^>]*>(.*?)</a>', mail.html or "", flags=re.S
    )
    return next(url for url, label in found if word.lower() in re.sub(r"<[^>]+>|\s+", " ", label).lower())


def valid_cvr(seed: int) -> str:
    """The first number from `seed` on (seven digits) whose check digit (modulus 11) exists."""
    for stem in range(seed, seed + 20):
        total = sum(weight * int(digit) for weight, digit in zip((2, 7, 6, 5, 4, 3, 2), str(stem), strict=True))
        if (digit := -total % 11) < 10:
            return f"{stem}{digit}"
    raise ValueError(f"no CVR number near {seed}")


@contextmanager
def town(
    folder: Path,
    amqp_url: str,
    database_url: str,
    *,
    inbox_module: str = "deploy.sandbox.inbox",
    scheduler_module: str = "scheduler",
    **more: str,
) -> Iterator[Town]:
    """Builds the town on an empty database and empty queues, and takes it down."""
    erp, inbox, smtp, portal = (free_port() for _ in range(4))
    env = os.environ | {
        "RYKKER_SECRET": SECRET,
        "RYKKER_DATABASE_URL": database_url,
        "RYKKER_AMQP_URL": amqp_url,
        "RYKKER_ERP_URL": f"http://127.0.0.1:{erp}",
        "RYKKER_SMTP_URL": f"smtp://127.0.0.1:{smtp}",
        "RYKKER_PORTAL_URL": f"http://127.0.0.1:{portal}",
        "RYKKER_PORTAL_BIND": f"127.0.0.1:{portal}",
        "RYKKER_SANDBOX_ERP": f"127.0.0.1:{erp}",
        "RYKKER_SANDBOX_INBOX": f"127.0.0.1:{inbox}",
        "RYKKER_SANDBOX_SMTP": f"127.0.0.1:{smtp}",
        "RYKKER_SANDBOX_DIR": str(folder / "sandbox"),
        "RYKKER_CLOCK": str(folder / "clock"),
        "RYKKER_TIME_LIMIT": "10",
        "RYKKER_THREADS": "4",
        **more,
    }
    there = Town(folder, env, Erp(f"http://127.0.0.1:{erp}"), Inbox(f"http://127.0.0.1:{inbox}"))
    there.modules["scheduler"] = scheduler_module
    there.set_clock(MONDAY)
    _make_ready(Settings.from_env(env))
    try:
        there.start("erp", "deploy.sandbox.erp")
        there.start("inbox", inbox_module)
        for url in (env["RYKKER_ERP_URL"], f"http://127.0.0.1:{inbox}"):
            eventually(partial(answers, url), f"{url} answering")
        for name in PROCESSES:
            there.start(name)
        eventually(lambda: answers(env["RYKKER_PORTAL_URL"]), "the portal answering")
        watch = threading.Thread(target=there.watch)
        watch.start()
        yield there
    finally:
        there.over.set()
        _take_down(there)


def be_in(settings: Settings) -> None:
    """This process reads the clock and the database of a town."""
    clock.follow(settings.clock_path)
    db.use(settings.database_url)
    outbox.sign_as(settings.installation)


def _make_ready(settings: Settings) -> None:
    be_in(settings)
    with db.connection():
        db.handle.drop_tables(TABLES, safe=True)
        db.handle.create_tables(TABLES)
    with publisher.connected(settings.broker) as channel:
        for queue in topology.queues():
            queue(channel).delete()
        topology.apply(channel)


def _take_down(there: Town) -> None:
    with there.lock:  # after this the watch starts nobody
        pass
    for process in there.running.values():
        process.terminate()
    for process in there.running.values():
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        process.kill()
        process.wait()
    there.erp.close()
    there.inbox.close()
    db.handle.close_all()
    clock.follow(None)


def answers(url: str) -> bool:
    with suppress(requests.ConnectionError):
        return requests.get(f"{url}/healthz", timeout=5).ok
    return False
