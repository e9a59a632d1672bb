"""Row 35: the database comes from an older backup, and mail has gone on since. What deploy/README.md says is done."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from common import clock, db, publisher, topology
from common.calendar import local_date
from common.settings import BrokerAddress
from common.tables import TABLES, Letter
from deploy import migrate, servers
from tests.chaos import ledgers, rows
from tests.chaos.facts import Facts, Mail
from tests.e2e.town import PROCESSES, Invoice, Town, answers, eventually, town
from tests.integration.test_restore import tool

SPEED = 60  # business seconds a real second
CHECKS = (
    ledgers.every_step_has_at_most_one_fee,
    ledgers.every_step_has_at_most_one_reminder,
    ledgers.every_fee_has_its_reminder,
    ledgers.nobody_is_dunned_who_has_paid,
)


@pytest.fixture
def there(amqp_url: str, postgres: str, tmp_path: Path) -> Iterator[Town]:
    with db.connection():
        db.handle.drop_tables(TABLES)
    migrate.run()  # so that the `rykker` command finds its history
    with town(tmp_path, amqp_url, postgres) as built:
        yield built


def rykker(there: Town, *words: str) -> Any:
    """What the command says with --json, run as an operator runs it."""
    argv = [sys.executable, "-m", "deploy.cli", *words, "--json"]
    done = subprocess.run(argv, env=there.env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def go_on(there: Town, days: int) -> None:
    there.go_on(days)
    there.set_clock(clock.business_now(), SPEED)


@contextmanager
def before_the_fetch(there: Town) -> Iterator[None]:
    there.stop(["scheduler"])
    yield
    there.start("scheduler")


def is_asked_about(invoice: Invoice) -> None:
    eventually(lambda: (row := invoice.procedure()) and row.notified_on, "the company being asked")


def start(there: Town, invoice: Invoice) -> None:
    is_asked_about(invoice)
    there.press(invoice.notice(), "start", "start")


def restore(there: Town, url: str, backup: Path) -> None:
    """Nothing runs, the database is the backup's, and the broker is empty."""
    there.stop(PROCESSES)
    db.handle.close_all()
    name = urlsplit(url).path[1:]
    server = urlsplit(url)._replace(path="/postgres").geturl()
    servers.drop_database(server, name)
    servers.create_database(server, name)
    subprocess.run([tool("pg_restore"), "--no-owner", f"--dbname={url}", str(backup)], check=True, timeout=60)
    with publisher.connected(BrokerAddress.parse(there.env["RYKKER_AMQP_URL"])) as channel:
        for queue in topology.queues():
            queue(channel).delete()


def log_of(there: Town) -> dict[str, str]:
    """What the mail server's log tells: which mail to a debtor left on which day."""
    taken = {mail.message_id for mail in there.inbox.messages(limit=1000)}
    with db.connection():
        sent = Letter.select().where(Letter.to_debtor, Letter.state == "sent")
        return {row.message_id: f"{local_date(row.sent_at)}" for row in sent if row.message_id in taken}


def decide(there: Town, log: dict[str, str]) -> list[str]:
    """Looks each held letter up in that log, and says what is found; returns what was said."""
    said = []
    for letter in rykker(there, "letters", "held"):
        assert "came from a backup" in letter["reason"]
        day = log.get(letter["message_id"])
        verdict = ("sent", letter["id"], "--on", day) if day else ("resend", letter["id"])
        rykker(there, "letters", *verdict)
        said.append(f"{letter['invoice_number']} {letter['step']} {verdict[0]}")
    return sorted(said)


def waiting(there: Town, count: int) -> None:
    eventually(lambda: sum(row.state == "held" for row in rows.letters()) == count, f"{count} letters being held")


def judged(there: Town) -> list[str]:
    mails = [Mail(mail.at, mail.message_id, mail.to) for mail in there.inbox.messages(limit=1000)]
    known = {row.message_id for row in rows.letters()}
    facts = Facts(
        now=clock.real_now(),
        clock=list(there.anchors),
        mails=[mail for mail in mails if mail.message_id in known],
        procedures=rows.procedures(),
        fees=rows.fees(),
        letters=rows.letters(),
    )
    return ledgers.findings(facts, CHECKS)


def test_no_debtor_gets_a_letter_twice_and_every_procedure_goes_on(there: Town, postgres: str, tmp_path: Path) -> None:
    there.set_clock(clock.business_now(), SPEED)
    with before_the_fetch(there):
        firm, patient = there.company(), there.company(silence="stay")
        reminded, asked, untouched = firm.invoice(), firm.invoice(), patient.invoice()
    for invoice in (asked, untouched):
        is_asked_about(invoice)
    start(there, reminded)
    reminded.reaches("running", step=1)
    backup = tmp_path / "rykker.dump"
    subprocess.run([tool("pg_dump"), "--format=custom", f"--file={backup}", postgres], check=True, timeout=60)

    found = firm.invoice()
    start(there, asked)
    asked.reaches("running", step=1)
    go_on(there, 1)
    start(there, found)
    found.reaches("running", step=1)
    go_on(there, 9)
    reminded.reaches("running", step=2)
    asked.reaches("running", step=2)
    four = (reminded, asked, found, untouched)
    before, log = [len(invoice.mails()) for invoice in four], log_of(there)

    restore(there, postgres, backup)
    rykker(there, "topology", "apply")
    held = rykker(there, "letters", "hold")
    for queue in topology.SUBSCRIPTIONS:
        rykker(there, "events", "replay", "--since", "400d", "--to", queue)
    for name in PROCESSES:
        there.start(name)
    eventually(lambda: answers(there.env["RYKKER_PORTAL_URL"]), "the portal answering")

    # The company that must say so itself does, the others are started by silence anew.
    start(there, untouched)
    is_asked_about(found)
    waiting(there, 3)
    go_on(there, 7)
    waiting(there, 4)
    assert [len(invoice.mails()) for invoice in four] == before == [2, 2, 1, 0]
    assert held["procedures"] == 3

    assert decide(there, log) == [
        f"{reminded.number} 2 sent", f"{asked.number} 1 sent", f"{untouched.number} 1 resend", f"{found.number} 1 sent",
    ]  # fmt: skip
    waiting(there, 1)  # the second reminder about `asked` may have left as well
    assert decide(there, log) == [f"{asked.number} 2 sent"]
    go_on(there, 1)
    assert untouched.reaches("running", step=1).last_reminder_on >= there.today - timedelta(days=1)
    found.reaches("running", step=2)  # ten days after the first, and later than the restore: nothing to ask
    assert [len(invoice.mails()) for invoice in four] == [2, 2, 2, 1]

    go_on(there, 12)
    reminded.reaches("running", step=3)
    asked.reaches("running", step=3)
    found.reaches("running", step=3)
    untouched.reaches("running", step=2)

    for invoice in four:
        assert len(set(invoice.mails())) == len(invoice.mails()), invoice.mails()
    assert rykker(there, "letters", "held") == []
    assert judged(there) == []
