"""Each process dies at each point where it could lose something or do it twice. The rows are those of README.md."""

import pytest
import requests

from common import db
from common.tables import Answer, Fetch, Letter
from tests.chaos.crashing import Scene
from tests.e2e.town import Invoice, eventually

AROUND = ("message.begun", "commit.before", "commit.after", "ack.before", "ack.after")


def held(invoice: Invoice) -> Letter:
    def look() -> Letter | None:
        return next((row for row in invoice.letters("reminder") if row.state == "held"), None)

    letter = eventually(look, "the reminder being held")
    assert letter
    return letter


def sent(invoice: Invoice, kind: str) -> Letter:
    def look() -> Letter | None:
        return next((row for row in invoice.letters(kind) if row.state == "sent"), None)

    letter = eventually(look, f"the {kind} letter being sent")
    assert letter
    return letter


# --- the scheduler ---------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("point", ["fetch.wished", "fetch.committed"])  # rows 1 and 2
def test_a_scheduler_that_dies_at_the_wish_to_fetch_leaves_one_fetch(there: Scene, point: str) -> None:
    with there.crash("scheduler", point):
        invoice = there.town.company().invoice()
        there.created(invoice)

    there.is_asked_about(invoice)

    with db.connection():
        assert Fetch.select().where(Fetch.company == invoice.company.cvr).count() == 1
    there.judge()


@pytest.mark.parametrize(
    ("point", "times"),
    [("relay.claimed", 1), ("relay.published", 2), ("relay.confirmed", 2)],
)  # rows 4 and 5
def test_a_relay_that_dies_says_it_again_with_the_same_id(there: Scene, point: str, times: int) -> None:
    invoice = there.asked()
    with there.crash("scheduler", point):
        there.start(invoice)

    invoice.reaches("running", step=1)

    there.judge()
    ids = there.heard("decision.made", invoice)
    assert (len(set(ids)), len(ids)) == (1, times)


# --- the workers -----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("point", AROUND)
def test_a_fetcher_that_dies_at_a_page_reads_it_once_more(there: Scene, point: str) -> None:
    """Rows 11 and 12; the first message is the wish to fetch, the second its page."""
    with there.crash("fetcher", f"{point}:2"):
        invoice = there.invoice()

    there.is_asked_about(invoice)

    there.judge()


@pytest.mark.parametrize("point", AROUND)  # row 18
def test_a_dunning_that_dies_at_an_overdue_invoice_opens_one_procedure(there: Scene, point: str) -> None:
    with there.crash("dunning", point):
        invoice = there.invoice()

    there.is_asked_about(invoice)

    there.judge()


@pytest.mark.parametrize("point", ["commit.before:2", "ack.before:2", "commit.before:3", "commit.after:3"])
def test_a_dunning_that_dies_at_a_timer_takes_one_step(there: Scene, point: str) -> None:
    """Rows 23 and 24; the second message is the timer, the third the look at the ERP that charges the fee."""
    invoice = there.asked()
    with there.crash("dunning", point):
        there.start(invoice)

    invoice.reaches("running", step=1)

    there.judge()
    assert len(invoice.letters("reminder")) == 1


# --- letters ---------------------------------------------------------------------------------------------------------
MAIL = [("mail.claimed", 0), ("mail.data_begun", 0), ("mail.data_ended", 1), ("mail.taken", 1)]  # rows 27 and 28


@pytest.mark.parametrize(("point", "left"), MAIL)
def test_a_notice_whose_sender_died_goes_out_again_as_the_same_mail(there: Scene, point: str, left: int) -> None:
    with there.crash("notifier", point):
        invoice = there.invoice()

    there.is_asked_about(invoice)

    there.judge()
    assert there.taken(sent(invoice, "notice")) == left + 1


@pytest.mark.parametrize(("point", "left"), MAIL)
def test_a_reminder_whose_sender_died_is_held_until_a_person_decides(there: Scene, point: str, left: int) -> None:
    invoice = there.asked()
    with there.asleep("fetcher"):  # the look before the reminder waits until the other letter is gone
        there.start(invoice)
        sent(invoice, "started")
        doom = there.crash("notifier", point)
        doom.__enter__()
    doom.__exit__(None, None, None)

    letter = held(invoice)
    there.judge()
    assert there.taken(letter) == left

    there.release(letter)
    invoice.reaches("running", step=1)
    there.judge()
    assert there.taken(letter) == left + 1


# --- answers ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("point", "again"), [("commit.before", True), ("commit.after", False)])  # row 30
def test_an_answer_whose_page_died_counts_once_or_is_given_again(there: Scene, point: str, again: bool) -> None:
    invoice = there.asked()
    with there.crash("decisions", point):
        eventually(there.is_open, "the portal answering")
        with pytest.raises(requests.ConnectionError):
            there.start(invoice)

    eventually(there.is_open, "the portal answering")
    if again:
        there.start(invoice)
    invoice.reaches("running", step=1)

    with db.connection():
        assert Answer.select().where(Answer.company == invoice.company.cvr).count() == 1
    there.judge()
