"""The stand-ins as processes of their own, spoken to by their client."""

import os
import signal
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from deploy.sandbox.client import Erp, Inbox
from deploy.sandbox.wire import Cut, Delay, NewInvoice, Reply
from deploy.servers import free_port

ROOT = Path(__file__).parents[2]
Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def addresses() -> dict[str, str]:
    names = ("RYKKER_SANDBOX_ERP", "RYKKER_SANDBOX_INBOX", "RYKKER_SANDBOX_SMTP")
    return {name: f"127.0.0.1:{free_port()}" for name in names}


@pytest.fixture
def start(addresses: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    running: list[subprocess.Popen[str]] = []

    def start(name: str) -> "subprocess.Popen[str]":
        env = os.environ | addresses | {"RYKKER_SANDBOX_DIR": str(tmp_path)}
        command = [sys.executable, "-W", "error", "-m", f"deploy.sandbox.{name}"]
        running.append(subprocess.Popen(command, env=env, cwd=ROOT, stderr=subprocess.PIPE, text=True))
        return running[-1]

    yield start
    for process in running:
        process.kill()
        process.communicate()


def ready(base_url: str) -> None:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            requests.get(f"{base_url}/healthz", timeout=5).raise_for_status()
        except requests.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError(base_url)


@pytest.fixture
def erp(start: Start, addresses: dict[str, str]) -> Iterator[Erp]:
    start("erp")
    url = f"http://{addresses['RYKKER_SANDBOX_ERP']}"
    ready(url)
    erp = Erp(url)
    erp.add_company("key", "Murer ApS", "12345678")
    yield erp
    erp.close()


def invoice(amount: str = "100") -> NewInvoice:
    return NewInvoice(
        key="key",
        customer_name="Bo",
        email=None,
        amount=Decimal(amount),
        issued_on=date(2026, 3, 1),
        due_on=date(2026, 3, 9),
    )


@pytest.mark.usefixtures("erp")
def test_taken_port_is_one_clear_line(start: Start, addresses: dict[str, str]) -> None:
    second = start("erp")

    _, said = second.communicate(timeout=20)

    where = addresses["RYKKER_SANDBOX_ERP"]
    assert second.returncode == 1
    assert said == f"the stand-in ERP cannot listen on {where}: the port is taken; set RYKKER_SANDBOX_ERP\n"


def test_client_moves_an_invoice_through_its_life(erp: Erp, addresses: dict[str, str]) -> None:
    url = f"http://{addresses['RYKKER_SANDBOX_ERP']}"
    [added] = erp.add_invoices([invoice()])

    erp.pay(added.number, Decimal("40.10"), date(2026, 3, 10), key="key")
    erp.change_invoice(added.number, text="Tag")
    erp.change_debtor(added.customer_number, customer_email="bo@example.com")
    erp.credit(added.number)
    row = requests.get(f"{url}/debtor-invoices/{added.number}", auth=("key", "x"), timeout=5).json()
    erp.delete_invoice(added.number)
    erp.revoke("key")

    assert (row["amount_vat"], row["payed_amount"], row["text"]) == (0, 40.1, "Tag")
    assert requests.get(url, auth=("key", "x"), timeout=5).status_code == 401


def test_cut_answer_and_delay_reach_the_caller(erp: Erp, addresses: dict[str, str]) -> None:
    url = f"http://{addresses['RYKKER_SANDBOX_ERP']}/debtor-invoices"
    erp.add_invoices([invoice()])
    erp.fault(Cut(path="/debtor-invoices"), Delay(path="/debtor-invoices", seconds=5))

    with pytest.raises(requests.exceptions.ChunkedEncodingError):
        requests.get(url, auth=("key", "x"), timeout=5)
    with pytest.raises(requests.Timeout):
        requests.get(url, auth=("key", "x"), timeout=0.2)

    assert len(requests.get(url, auth=("key", "x"), timeout=5).json()) == 1
    assert erp.calls("/debtor-invoices", "key") == 3


def test_refusals_of_the_door_name_what_is_wrong(erp: Erp) -> None:
    with pytest.raises(requests.HTTPError, match="no company has the key"):
        erp.add_invoices([NewInvoice(**{f: getattr(invoice(), f) for f in invoice().__struct_fields__} | {"key": "x"})])


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_stand_ins_end_with_0_and_go_on_where_they_stopped(
    start: Start, addresses: dict[str, str], sign: signal.Signals
) -> None:
    urls = [f"http://{addresses[f'RYKKER_SANDBOX_{name}']}" for name in ("ERP", "INBOX")]
    host, port = addresses["RYKKER_SANDBOX_SMTP"].split(":")
    processes = [start("erp"), start("inbox")]
    for url in urls:
        ready(url)
    erp, inbox = Erp(urls[0]), Inbox(urls[1])
    erp.add_company("key", "Murer ApS", "12345678")
    erp.add_invoices([invoice()])
    mail = EmailMessage()
    mail["To"], mail["From"], mail["Subject"] = "bo@example.com", "a@example.com", "Hej"
    inbox.fault(Reply(code=450, at="rcpt"))
    with smtplib.SMTP(host, int(port), timeout=10) as server:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            server.send_message(mail)
        server.send_message(mail)
        assert inbox.wait_for(to="bo@", timeout=5).subject == "Hej"

        began = time.monotonic()
        for process in processes:
            process.send_signal(sign)
        codes = [process.wait(timeout=10) for process in processes]
        took = time.monotonic() - began

    assert (codes, took < 2) == ([0, 0], True)
    processes = [start("erp"), start("inbox")]
    for url in urls:
        ready(url)
    assert erp.state()["companies"][0]["invoices"] == 1
    assert [found.subject for found in inbox.messages()] == ["Hej"]
    erp.close()
    inbox.close()


def test_five_thousand_invoices_are_added_at_once(erp: Erp) -> None:
    began = time.monotonic()

    erp.add_invoices([invoice()] * 5000)

    assert time.monotonic() - began < 5
