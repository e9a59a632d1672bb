"""The fetcher's handlers and its real client against the stand-in ERP as a process of its own."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
import requests

from common import cloudevents, db
from common import events as e
from common.secrets import Vault
from common.settings import Settings
from common.tables import Company, FetchRun, KeyTrial, KnownInvoice, Outbox, SetAside
from decisions import keys
from deploy.sandbox.client import Erp
from deploy.sandbox.wire import Cut, Delay, Malformed, NewInvoice, Status
from fetcher import handlers
from fetcher.app import opener
from fetcher.handlers import OpenErp

ROOT = Path(__file__).parents[2]
MONDAY = datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
CVR, KEY, SECRET = "12345674", "key", "s" * 40
SLOWEST = 300  # invoices a second, where other tests take half of the machine; alone it is well above 1,500


@pytest.fixture(scope="module")
def erp_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    folder = tmp_path_factory.mktemp("sandbox")
    env = os.environ | {"RYKKER_SANDBOX_ERP": address, "RYKKER_SANDBOX_DIR": str(folder)}
    process = subprocess.Popen([sys.executable, "-m", "deploy.sandbox.erp"], env=env, cwd=ROOT)
    _wait_for(f"http://{address}/healthz", process)
    yield f"http://{address}"
    process.terminate()
    process.wait(timeout=10)


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        assert process.poll() is None, "the stand-in ERP ended"
        try:
            requests.get(url, timeout=5).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(url)


class Town:
    """A company of the stand-in, and of ours."""

    def __init__(self, url: str, key: str, **oddities: object) -> None:
        self.door, self.key = Erp(url), key
        self.door.add_company(key, "Jensen VVS", CVR, **oddities)  # type: ignore[arg-type]
        self.open_erp: OpenErp = opener(Settings(secret=SECRET, erp_url=url))
        locked = Vault(SECRET).lock(key)
        row = {"cvr": CVR, "name": "Jensen VVS", "email": "j@vvs.example", "api_key": locked, "api_key_no": 1}
        with db.transaction():
            Company.insert(row | {"created_at": MONDAY}).execute()

    def add(self, count: int, *, due_on: date = date(2026, 2, 16), first: int = 10001) -> list[str]:
        new = [
            NewInvoice(
                key=self.key,
                number=first + place,
                customer_name=f"Kunde {place}",
                email=f"kunde{place}@example.dk",
                amount=Decimal("1250.50"),
                issued_on=due_on - timedelta(days=14),
                due_on=due_on,
            )
            for place in range(count)
        ]
        return [str(added.number) for added in self.door.add_invoices(new)]

    def fetch(self, fetch_id: str = "f1", now: datetime = MONDAY) -> tuple[e.Event, int]:
        """A whole fetch as the queue would bring it; how it ended, and the number of messages."""
        wish: e.Event = e.FetchRequested(company=CVR, fetch_id=fetch_id, business_date=now.date(), occasion="daily")
        for messages in range(1, 1000):
            name = f"on_{wish.type.replace('.', '_')}"
            getattr(handlers, name)(wish.identified("tests"), now=now, open_erp=self.open_erp)
            wish = self.last()
            if not isinstance(wish, e.FetchPageRequested):
                return wish, messages
        raise AssertionError("the fetch has no end")

    def look(self, number: str, now: datetime) -> e.Event:
        asked = e.InvoiceCheckRequested(company=CVR, procedure_id="p", invoice_number=number, wake_no=1)
        handlers.on_invoice_check_requested(asked.identified("tests"), now=now, open_erp=self.open_erp)  # type: ignore[arg-type]
        return self.last()

    def last(self) -> e.Event:
        with db.connection():
            return cloudevents.from_wire(Outbox.select().order_by(Outbox.id.desc()).get().body)

    def news(self) -> list[str]:
        with db.connection():
            rows = Outbox.select(Outbox.type, Outbox.subject).where(Outbox.subject.startswith("invoice/"))
            return [f"{row.type} {row.subject.split('/')[1]}" for row in rows.order_by(Outbox.id)]


@pytest.fixture
def town(database: str, erp_url: str, request: pytest.FixtureRequest) -> Iterator[Town]:
    town = Town(erp_url, request.node.name)
    yield town
    town.door.clear_faults()
    town.door.close()


def test_a_thousand_invoices_are_fetched(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    town.add(1000)
    began = time.perf_counter()

    ended, messages = town.fetch()
    first = time.perf_counter() - began
    began = time.perf_counter()
    again, _ = town.fetch("f2", MONDAY + timedelta(days=1))
    second = time.perf_counter() - began

    with capsys.disabled():
        sys.stdout.write(f"\n1,000 new invoices: {1000 / first:,.0f}/s; nothing new: {1000 / second:,.0f}/s ")
    assert isinstance(ended, e.FetchFinished)
    assert isinstance(again, e.FetchFinished)
    assert (ended.seen, ended.overdue, again.seen, again.overdue, messages) == (1000, 1000, 1000, 0, 13)
    with db.connection():
        assert KnownInvoice.select().count() == len(town.news()) == 1000
    assert 1000 / first > SLOWEST


@pytest.mark.fast
@pytest.mark.parametrize("oddities", [{"pagesize_cap": 7}, {"keyset": False}, {"keyset": False, "pagesize_cap": 7}])
def test_a_server_with_its_own_mind_is_read_to_the_end(
    database: str, erp_url: str, oddities: dict[str, object], request: pytest.FixtureRequest
) -> None:
    town = Town(erp_url, request.node.name, **oddities)
    town.add(120)

    ended, _ = town.fetch()
    for number in range(10001, 10121):
        town.door.change_invoice(number, key=town.key, payment_date=1775000000)
    town.fetch("f2", MONDAY + timedelta(days=1))

    assert ended.overdue == 120  # type: ignore[attr-defined]
    assert len(town.news()) == 240
    assert set(town.news()[120:]) == {f"invoice.changed {number}" for number in range(10001, 10121)}
    town.door.close()


@pytest.mark.fast
def test_an_invoice_is_followed_through_its_life(town: Town) -> None:
    one, two, three, four = town.add(4)
    (old,) = town.add(1, due_on=date(2025, 6, 2), first=20001)
    town.door.change_invoice(int(three), key=town.key, amount_vat="abc")
    ended, _ = town.fetch()
    assert (ended.seen, ended.overdue, ended.found, ended.set_aside) == (4, 3, 1, 1)  # type: ignore[attr-defined]

    town.door.pay(int(one), Decimal("250.50"), date(2026, 3, 2), key=town.key)
    town.door.change_debtor(_customer_of(two), key=town.key, customer_email="ny@example.dk")
    town.door.change_invoice(int(three), key=town.key, amount_vat=99)
    town.door.delete_invoice(int(four), key=town.key)
    town.fetch("f2", MONDAY + timedelta(days=1))
    town.door.pay(int(one), Decimal("1000"), date(2026, 3, 3), key=town.key)
    town.door.credit(int(two), key=town.key)
    town.fetch("f3", MONDAY + timedelta(days=2))
    town.door.pay(int(one), Decimal("-1250.50"), date(2026, 3, 4), key=town.key)
    checked = town.look(one, MONDAY + timedelta(days=3))

    assert town.news()[3:] == [
        f"invoice.partly_paid {one}",
        f"invoice.changed {two}",
        f"invoice.overdue {three}",
        f"invoice.paid {one}",
        f"invoice.credited {two}",
        f"invoice.withdrawn {four}",
        f"invoice.reopened {one}",
    ]
    assert isinstance(checked, e.InvoiceChecked)
    assert (checked.invoice.sequence, checked.invoice.outstanding) == (4, Decimal("1250.50"))
    with db.connection():
        assert SetAside.select().count() == 0
        assert not KnownInvoice.get(number=old).asked


def _customer_of(number: str) -> str:
    with db.connection():
        return str(KnownInvoice.get(number=number).state["debtor"]["customer_number"])


@pytest.mark.fast
def test_every_fault_is_got_over(town: Town) -> None:
    town.add(30)
    faults = [Status(status=429, retry_after=1, key=town.key), Status(status=500, key=town.key)]
    town.door.fault(*faults, Cut(key=town.key), Malformed(key=town.key))

    ended, messages = town.fetch()

    assert ended.overdue == 30  # type: ignore[attr-defined]
    assert messages == 8  # four of them in vain


@pytest.mark.fast
def test_a_revoked_key_ends_the_fetch(town: Town) -> None:
    town.door.revoke(town.key)

    failed, messages = town.fetch()

    assert isinstance(failed, e.FetchFailed)
    assert (failed.reason, messages) == ("key_refused", 2)
    with db.connection():
        assert FetchRun.get().state == "failed"


# --- keys ------------------------------------------------------------------------------------------------------------
def pasted(town: Town, key: str) -> tuple[str, KeyTrial, str]:
    """What is said of it, what is noted, and the key that is in use then."""
    vault = Vault(SECRET)
    keys.submit(CVR, key, "j@vvs.example", vault, datetime.now(UTC))
    wish = town.last()
    assert isinstance(wish, e.ApiKeySubmitted)
    handlers.on_api_key_submitted(wish, datetime.now(UTC), town.open_erp)
    with db.connection():
        trial = KeyTrial.select().order_by(KeyTrial.key_no.desc()).get()
        return town.last().type, trial, vault.unlock(str(Company.get_by_id(CVR).api_key))


@pytest.mark.fast
def test_a_pasted_key_is_tried_at_the_root(town: Town) -> None:
    town.door.add_company("new-key-of-jensen", "Jensen VVS ApS", CVR)

    said, trial, in_use = pasted(town, "new-key-of-jensen")

    assert (said, trial.state, trial.whose, trial.cvr) == ("api_key.accepted", "accepted", "Jensen VVS ApS", CVR)
    assert in_use == "new-key-of-jensen"
    assert town.fetch()[0].type == "fetch.finished"


@pytest.mark.fast
def test_a_key_that_nobody_has_is_refused(town: Town) -> None:
    assert pasted(town, "nobodys-key")[0] == "api_key.refused"
    assert town.fetch()[0].type == "fetch.finished"


@pytest.mark.fast
def test_an_erp_that_is_away_refuses_no_key(town: Town) -> None:
    town.door.add_company("another-of-jensen", "Jensen VVS ApS", CVR)
    town.door.fault(Status(status=503, times=1, key="another-of-jensen"))

    said, trial, in_use = pasted(town, "another-of-jensen")

    assert (said, trial.state, trial.reason, in_use) == (
        "api_key.unreachable",
        "unreachable",
        "it answered 503",
        town.key,
    )


@pytest.mark.fast
def test_a_slow_root_is_waited_for_and_one_that_breaks_off_is_away(town: Town) -> None:
    town.door.add_company("slow-key-of-jensen", "Jensen VVS ApS", CVR)
    town.door.fault(Delay(seconds=0.5, key="slow-key-of-jensen"), Cut(key="slow-key-of-jensen"))

    slow, broken = pasted(town, "slow-key-of-jensen")[0], pasted(town, "slow-key-of-jensen")[0]

    assert (slow, broken) == ("api_key.accepted", "api_key.unreachable")
