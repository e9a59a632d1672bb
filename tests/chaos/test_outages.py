"""Servers, lines and messages fail under processes that run. The rows are those of README.md."""

import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from urllib.parse import urlsplit

import pytest
import requests
from amqp import Message

from common import clock, db, outbox, publisher, topology
from common import events as e
from common.calendar import local_date
from common.one_queue import OneQueue
from common.secrets import Vault
from common.settings import Settings
from common.tables import Answer, FailedMessage, Inbox, Outbox
from decisions import companies
from deploy import event_log
from deploy.sandbox.wire import Reply
from tests.chaos import rows
from tests.chaos.commits import commit_line
from tests.chaos.crashing import Scene
from tests.chaos.lines import Lines
from tests.chaos.subscriber import ASLEEP, ATTENTIVE
from tests.chaos.test_crash_points import sent
from tests.e2e.town import MONDAY, PROCESSES, Invoice, eventually


def through(url: str, port: int) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.replace(f":{parts.port}", f":{port}")).geturl()


@pytest.fixture
def lines(there: Scene) -> Iterator[Lines]:
    """The scheduler's lines to the broker."""
    with Lines(there.subscriber.address.port).running() as lines:
        url = through(there.town.env["RYKKER_AMQP_URL"], lines.port)
        with there.settings("scheduler", RYKKER_AMQP_URL=url):
            yield lines
            lines.let_flow()


def waiting(there: Scene, queue: str) -> int:
    return rows.queues(there.subscriber.address)[queue]


def timer_of(invoice: Invoice) -> date:
    """The day on which silence starts it."""
    row = invoice.procedure()
    assert row
    assert row.wake_at
    return local_date(row.wake_at)


def dead_letter(there: Scene, cause: str) -> FailedMessage:
    """The one that was collected with this cause; it is what the test wanted."""

    def look() -> list[FailedMessage]:
        with db.connection():
            return list(FailedMessage.select().where(FailedMessage.cause.startswith(cause)))

    found = eventually(look, f"a dead letter with {cause!r}")
    there.explained |= {row.id for row in found}
    assert len(found) == 1
    return found[0]


# --- PostgreSQL ------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("how", ["stop", "kill"])
def test_a_database_that_goes_away_costs_no_message_and_no_retry(there: Scene, how: str) -> None:
    """Row 34: the workers leave and come back; what they had goes back to its queue."""
    invoice = there.asked()
    with there.asleep("dunning"):
        there.start(invoice)
        eventually(lambda: there.heard("decision.made", invoice), "the answer being published")
        there.note(how, "postgres")
        getattr(there.postgres, how)()
    eventually(lambda: "database lost; leaving" in there.town.log("dunning"), "dunning leaving")
    eventually(lambda: waiting(there, "dunning") == 1, "the message being back")
    assert waiting(there, "dunning.DQ") == waiting(there, "dunning.XQ") == 0
    assert requests.get(f"{there.town.env['RYKKER_PORTAL_URL']}/healthz", timeout=30).status_code == 503

    there.postgres.start()
    db.handle.close_all()
    invoice.reaches("running", step=1)

    there.judge()


@pytest.mark.parametrize(("name", "nth"), [("scheduler", 1), ("fetcher", 2), ("dunning", 1), ("notifier", 4)])
def test_a_commit_that_nobody_hears_of_is_no_reason_to_do_it_twice(there: Scene, name: str, nth: int) -> None:
    """Row 17: the database has committed, and the line breaks before it can say so."""
    url = there.town.env["RYKKER_DATABASE_URL"]
    with commit_line(url) as line, there.settings(name, RYKKER_DATABASE_URL=through(url, line.port)):
        there.asked()
        line.break_at(nth)
        invoice = there.invoice()
        assert line.broken.wait(60)
        there.leases_end()
        there.is_asked_about(invoice)

    there.judge()


def test_an_answer_whose_commit_nobody_hears_of_counts_once(there: Scene) -> None:
    """Row 17 and row 30: the person sees an error, and may press again or not."""
    url = there.town.env["RYKKER_DATABASE_URL"]
    invoice = there.asked()
    with commit_line(url) as line, there.settings("decisions", RYKKER_DATABASE_URL=through(url, line.port)):
        eventually(there.is_open, "the portal answering")
        line.break_at(1)
        there.start(invoice)
        assert line.broken.wait(60)

    invoice.reaches("running", step=1)
    with db.connection():
        assert Answer.select().where(Answer.company == invoice.company.cvr).count() == 1
    there.judge()


# --- the broker ------------------------------------------------------------------------------------------------------
def test_what_a_broker_took_and_never_confirmed_is_said_again_with_the_same_id(there: Scene, lines: Lines) -> None:
    """Rows 6 and 7: it dies in between, and the line with it; no late confirm can be taken for another."""
    invoice = there.asked()
    lines.hold_answers()
    there.start(invoice)
    eventually(lambda: there.heard("decision.made", invoice), "the subscriber hearing it")
    there.note("kill", "broker")
    there.broker.kill()
    lines.cut()
    there.broker.start()
    lines.let_flow()

    invoice.reaches("running", step=1)

    there.judge()
    assert len(set(there.heard("decision.made", invoice))) == 1


def test_what_a_full_queue_refuses_waits_and_goes_out_when_there_is_room(there: Scene) -> None:
    """Row 9: such a queue of an outside subscriber is a fault of his; `rykker doctor` refuses it."""
    full = {"x-max-length": 1, "x-overflow": "reject-publish"}
    with publisher.connected(there.subscriber.address) as channel:
        channel.queue_declare("full", auto_delete=False, arguments=full)
        channel.queue_bind("full", topology.EVENTS.name, "#")
    invoice = there.invoice()

    def refused() -> bool:
        with db.connection():
            return bool(Outbox.select().where(Outbox.reason == "nacked", Outbox.published_at.is_null()).exists())

    eventually(refused, "an event being refused")
    with publisher.connected(there.subscriber.address) as channel:
        channel.queue_delete("full")
    there.leases_end()

    there.is_asked_about(invoice)
    there.judge()


def test_a_relay_that_sleeps_longer_than_its_lease_repeats_what_another_one_said(there: Scene, lines: Lines) -> None:
    """Row 10."""
    invoice = there.asked()
    there.judge()
    lines.hold()
    there.start(invoice)

    def is_claimed() -> bool:
        with db.connection():
            said = Outbox.select().where(Outbox.type == "decision.made")
            return bool(outbox.leaving() & {row.id for row in said})

    eventually(is_claimed, "the relay having it")
    with there.asleep("scheduler"):
        there.leases_end()
        there.town.start("scheduler 2")
        invoice.reaches("running", step=1)
        lines.let_flow()
    eventually(lambda: len(there.heard("decision.made", invoice)) == 2, "the first relay saying it, too")

    there.town.stop(["scheduler 2"])
    there.judge()
    assert len(set(there.heard("decision.made", invoice))) == 1


def test_a_timer_waits_through_the_brokers_death(there: Scene) -> None:
    """Row 20: the delay is a row of the outbox."""
    asked = there.asked()
    there.note("kill", "broker")
    there.broker.kill()
    there.broker.start()

    there.go_to(timer_of(asked))
    asked.reaches("running", step=1)

    there.judge()


def test_a_timer_that_was_deleted_is_added_anew(there: Scene) -> None:
    """Row 21."""
    invoice = there.asked()
    due_on = timer_of(invoice)
    with db.transaction():
        mine = Outbox.company == invoice.company.cvr
        timer = mine & (Outbox.type == "procedure.due") & Outbox.published_at.is_null()
        assert Outbox.delete().where(timer).execute()

    there.go_to(due_on)
    there.set_clock(clock.business_now() + timedelta(hours=2))
    invoice.reaches("running", step=1)

    there.judge()


# --- messages --------------------------------------------------------------------------------------------------------
def test_a_retry_that_is_there_twice_and_whose_holder_dies_sends_one_letter(there: Scene) -> None:
    """Rows 13 and 15: it dies with the retry published and the original not acknowledged; then while it holds both."""
    with there.crash("notifier", "mail.claimed", leases=timedelta(hours=1)):
        invoice = there.invoice()
    with there.crash("notifier", "retry.published", leases=timedelta(hours=1)):
        pass
    there.town.restart("notifier")
    there.leases_end()

    there.is_asked_about(invoice)

    there.judge()
    assert there.taken(sent(invoice, "notice")) == 1


def test_a_retry_that_can_not_be_published_is_no_loss(there: Scene) -> None:
    """Row 14: the queue of the retries is gone, so the message becomes a dead letter that a person sees."""
    stray = e.DecisionMade(
        company="12345674", invoice_number="1", procedure_id="nobody's", answer_no=1, choice="stop",
        answered_at=clock.business_now(),
    )  # fmt: skip
    with publisher.connected(there.subscriber.address) as channel:
        channel.queue_delete("dunning.DQ")
    with db.transaction():
        outbox.add(stray)

    letter = dead_letter(there, "rejected by dunning")
    with publisher.connected(there.subscriber.address) as channel:
        topology.apply(channel)
    there.town.restart("dunning")

    assert "decision.made" in letter.body
    there.judge()


def test_a_message_that_kills_its_worker_again_and_again_is_given_up(there: Scene) -> None:
    """Row 16: it came 18 times to somebody who died; then it kills dunning until the broker gives it up."""
    poison = e.DecisionMade(
        company="12345674", invoice_number="2", procedure_id="poison", answer_no=1, choice="stop",
        answered_at=clock.business_now(),
    )  # fmt: skip
    there.town.stop(["dunning"])
    with db.transaction():
        outbox.add(poison)
    eventually(lambda: waiting(there, "dunning") == 1, "the poison being there")
    for _ in range(18):
        with publisher.connected(there.subscriber.address) as channel:
            assert channel.basic_get("dunning")
        eventually(lambda: waiting(there, "dunning") == 1, "it being back")
    there.note("crash message.begun", "dunning")
    there.town.own_env["dunning"] = {"RYKKER_CRASH_AT": "message.begun"}
    there.town.start("dunning")

    dead_letter(there, "delivery_limit")
    there.town.own_env["dunning"] = {}
    there.town.restart("dunning")

    invoice = there.asked()
    there.judge()
    assert invoice.procedure()


def test_a_message_that_nobody_can_read_is_kept_once_though_the_collector_dies(there: Scene) -> None:
    """Row 19."""
    with there.crash("scheduler", "dead_letter.kept"), publisher.connected(there.subscriber.address) as channel:
        channel.basic_publish(Message(b"\xff{"), exchange="", routing_key="dunning")

    eventually(lambda: waiting(there, "dunning.XQ") == 0, "the dead letter being collected")
    dead_letter(there, "The message is no event")
    there.judge()


def test_a_mail_that_is_refused_for_now_goes_out_later_and_once(there: Scene) -> None:
    """Row 29."""
    there.town.inbox.fault(Reply(code=451, times=1))
    there.note("fault 451", "mail")
    invoice = there.invoice()
    eventually(lambda: any("451" in row.reason for row in invoice.letters("notice")), "the refusal")

    there.go_to(there.town.today + timedelta(days=1))
    there.is_asked_about(invoice)

    there.judge()
    assert there.taken(sent(invoice, "notice")) == 1


def test_a_notice_that_is_refused_for_good_is_shown_and_asked_anew_with_the_next_fetch(there: Scene) -> None:
    """Row 29: silence counts from the day on which the company was asked, and starts nothing before."""
    there.town.inbox.fault(Reply(code=550, times=1))
    there.note("fault 550", "mail")
    invoice = there.invoice()
    eventually(lambda: str(invoice.number) in rows.shown(), "an operator being told")
    there.judge()

    there.go_to(there.town.today + timedelta(days=1))
    there.is_asked_about(invoice)

    there.judge()
    assert rows.shown() == set()
    assert sorted(row.state for row in invoice.letters("notice")) == ["failed", "sent"]
    assert (row := invoice.procedure())
    assert row.notified_on == there.town.today
    there.go_to(timer_of(invoice))
    invoice.reaches("running", step=1)
    there.judge()


def test_a_company_whose_address_refuses_is_asked_once_it_is_mended_and_not_dunned_for_before(there: Scene) -> None:
    """Row 29: days pass, and silence starts nothing."""
    with there.asleep("scheduler"):
        firm = there.town.company()
        invoice = firm.invoice()
        there.town.inbox.fault(Reply(code=550, times=None, recipient=firm.email))
    there.note("fault 550", "mail")
    there.created(invoice)
    eventually(lambda: str(invoice.number) in rows.shown(), "an operator being told")
    for tries in (2, 3):
        there.go_to(there.town.today + timedelta(days=4))
        eventually(lambda tries=tries: len(invoice.letters("notice")) == tries, "it being asked anew")  # type: ignore[misc]
    there.judge()
    assert invoice.mails() == []

    settings = Settings.from_env(there.town.env)
    companies.change(firm.cvr, vault=Vault(settings.secret), email=f"new-{firm.email}")
    there.go_to(there.town.today + timedelta(days=1))
    there.is_asked_about(invoice)
    there.go_to(timer_of(invoice))
    invoice.reaches("running", step=1)

    there.town.inbox.clear_faults()
    there.judge()
    assert sorted(row.state for row in invoice.letters("notice")) == ["failed", "failed", "failed", "sent"]


# --- time ------------------------------------------------------------------------------------------------------------
def test_a_payment_and_a_timer_at_once_end_it_without_a_reminder(there: Scene) -> None:
    """Row 25: the day's fetch finds the payment in the moment in which silence would have started it."""
    invoices = [there.asked() for _ in range(4)]
    for invoice in invoices:
        there.pay(invoice)

    there.go_to(timer_of(invoices[-1]))

    for invoice in invoices:
        invoice.reaches("settled", "paid")
        assert invoice.mails() == []
    there.judge()


def test_a_fortnight_in_which_nothing_ran_ends_in_one_step(there: Scene) -> None:
    """Row 36: the clock jumps, forward and back."""
    invoice = there.asked()
    for name in PROCESSES:
        there.note("kill", name)
    with there.town.lock:
        for name in PROCESSES:
            there.town.kill(name)
        there.go_to(there.town.today + timedelta(days=14))
        for name in PROCESSES:
            there.town.start(name)

    first = invoice.reaches("running", step=1)
    there.set_clock(clock.business_now() - timedelta(hours=3))
    there.judge()
    assert len(invoice.mails()) == 1
    assert first.last_reminder_on == there.town.today


# --- what was lost ---------------------------------------------------------------------------------------------------
def replay(there: Scene, queue: str) -> None:
    """What `rykker events replay --since … --to QUEUE` does."""
    now = clock.business_now()
    part = event_log.Part(queue=queue, types=event_log.types_for(queue, ()), since=MONDAY, until=now)
    with db.connection(), OneQueue(there.subscriber.address, queue) as door:
        for _ in event_log.say_again(part, door):
            pass


def say_all_again() -> None:
    with db.transaction():
        Outbox.update(published_at=None).where(Outbox.published_at.is_null(False)).execute()


def test_a_broker_that_came_back_empty_is_told_again_from_the_outbox(there: Scene) -> None:
    """Row 22."""
    invoice = there.asked()
    with there.asleep("dunning"):
        there.start(invoice)
        eventually(lambda: there.heard("decision.made", invoice), "the answer being published")
        there.note("lost with all disks", "broker")
        there.broker.kill()
        shutil.rmtree(there.broker.program.folder / "mnesia")
        there.broker.start()
        with publisher.connected(there.subscriber.address) as channel:
            topology.apply(channel)
        there.subscriber.declare()
    for queue in (*topology.SUBSCRIPTIONS, ATTENTIVE, ASLEEP):
        replay(there, queue)

    invoice.reaches("running", step=1)

    there.judge()


def test_what_is_said_again_to_those_who_have_forgotten_it_changes_nothing(there: Scene) -> None:
    """Rows 35 and 37: the inbox is older than the messages; business keys stand in the way of doing it twice."""
    invoice = there.asked()
    there.start(invoice)
    invoice.reaches("running", step=1)
    there.town.set_clock(clock.business_now(), speed=0)
    there.judge()
    before = (rows.procedures(), rows.fees(), rows.letters())

    with db.transaction():
        Inbox.delete().execute()
    say_all_again()

    there.judge()
    assert (rows.procedures(), rows.fees(), rows.letters()) == before
