"""Each check goes red on a planted violation, and none does on a story in which all is well."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from common.clock import Anchor
from tests.chaos import ledgers
from tests.chaos.facts import (
    Answered,
    Deed,
    Disturbance,
    Facts,
    FailedRow,
    FeeRow,
    Heard,
    LetterRow,
    LineRow,
    Looked,
    Mail,
    OutboxRow,
    ProcedureRow,
    QuestionRow,
    Saved,
    Tried,
)

MONDAY = datetime(2026, 3, 2, 7, tzinfo=UTC)
OWED, PAID, FEE = Decimal("1250.00"), Decimal("0.00"), Decimal("100.00")
COMPANY, DEBTOR = "mester@vvs.example", "kunde@holm.example"


def at(second: float) -> datetime:
    return MONDAY + timedelta(seconds=second)


def look(second: float, paid: Decimal = PAID, event_id: str = "e-look") -> Heard:
    invoice = {"amount": str(OWED), "paid": str(paid), "observed_at": day(second).isoformat()}
    return Heard(at(second), event_id, "invoice.checked", {"procedure_id": "p", "invoice": invoice})


def day(second: float) -> datetime:
    """What the business clock shows: a day every ten seconds."""
    return Anchor(MONDAY, MONDAY, 8640).at(at(second))


def letter(kind: str, state: str = "sent", **more: Any) -> LetterRow:
    return LetterRow(id=f"l-{kind}", message_id=f"<{kind}>", procedure="p", kind=kind, state=state, **more)


def line(kind: str, amount: Decimal, **more: Any) -> LineRow:
    against = "invoiced" if kind == "principal" else "charged"
    fields: dict[str, Any] = {"account": kind, "against": against, "event": "e-look"} | more
    return LineRow(invoice="1001", kind=kind, amount=amount, **fields)


# One invoice: asked about, started by a click, looked at, dunned.
WELL = Facts(
    now=at(100),
    clock=[Anchor(MONDAY, MONDAY, 8640)],
    sending=timedelta(seconds=2),
    deeds=[Deed(at(0), "1001", "created", OWED)],
    mails=[Mail(at(10), "<notice>", COMPANY), Mail(at(50), "<reminder>", DEBTOR)],
    heard=[Heard(at(1), "e-overdue", "invoice.overdue"), look(49)],
    answers=[Answered(at(40), "p", "start")],
    procedures=[ProcedureRow(id="p", invoice="1001", round=1, stage="running", wake_at=day(150))],
    fees=[FeeRow("p", "fee", 1, 0)],
    lines=[line("principal", OWED), line("fee", FEE, step=1)],
    letters=[letter("notice"), letter("reminder", step=1, to_debtor=True)],
    questions=[QuestionRow("p", "l-notice")],
    outbox=[
        OutboxRow("e-overdue", "invoice.overdue", day(1), is_published=True),
        OutboxRow("e-look", "invoice.checked", day(49), is_published=True),
        OutboxRow("e-due", "procedure.due", day(150), is_published=False),
    ],
    queues={"dunning": 0},
    asleep=2,
    room=2,
)


def test_a_story_in_which_all_is_well_has_no_findings() -> None:
    assert ledgers.findings(WELL) == []


def test_an_empty_town_has_no_findings() -> None:
    assert ledgers.findings(Facts(now=at(0), clock=WELL.clock)) == []


def more(name: str, *entries: Any) -> Facts:
    return instead(name, *getattr(WELL, name), *entries)


def instead(name: str, *entries: Any) -> Facts:
    changed: dict[str, Any] = {name: list(entries)}
    return replace(WELL, **changed)


RUNNING = WELL.procedures[0]
NOTICE, REMINDER = WELL.letters
REFUSED = replace(
    WELL,
    procedures=[replace(RUNNING, stage="awaiting_decision")],
    letters=[replace(NOTICE, state="failed")],
    mails=[],
    answers=[],
    fees=[],
)
LOST, TOO_OFTEN, TOO_LONG, NO_RETRY = (
    "nobody knows", "delivery_limit by dunning", "TimeLimitExceeded", "rejected by dunning",
)  # fmt: skip


def harm(second: float, kind: str, to: str, until: datetime | None = None, times: int = 1) -> Disturbance:
    return Disturbance(at(second), kind, to, until, times)


def held(reason: str, *harms: Disturbance, mails: Sequence[Mail] = WELL.mails[:1]) -> Facts:
    """The reminder was to be sent from second 45 on, and is held at 60."""
    news = [Heard(at(s), f"e-{kind}", f"letter.{kind}", {"letter_id": REMINDER.id}) for s, kind in NEWS]
    rows = [WELL.letters[0], replace(REMINDER, state="held", reason=reason)]
    said = [OutboxRow(event.id, event.type, day(45), is_published=True) for event in news]
    return replace(
        WELL, letters=rows, heard=[*WELL.heard, *news], outbox=[*WELL.outbox, *said], disturbances=harms, mails=mails
    )


def refused_again(*harms: Disturbance, to_debtor: bool = False, failed: int = 70) -> Facts:
    """A letter that the mail server took at second 60 counts as failed."""
    news = Heard(at(failed), "e-failed", "letter.failed", {"letter_id": "l-started"})
    return replace(
        WELL,
        letters=[*WELL.letters, letter("started", "failed", to_debtor=to_debtor)],
        mails=[*WELL.mails, Mail(at(60), "<started>", COMPANY)],
        heard=[*WELL.heard, news],
        outbox=[*WELL.outbox, OutboxRow("e-failed", "letter.failed", day(failed), is_published=True)],
        disturbances=harms,
    )


def looked(status: int, **more: Any) -> Facts:
    """Somebody asked for a page of the portal."""
    return replace(WELL, looked=[Looked(at(50), COMPANY, "GET /tasks", status, **more)])


def saved(stored: str, *values: str) -> Facts:
    """A company saved these fees, one after the other; of those with a question mark it heard nothing."""
    said = [Saved(at(n), "c", "fee", one.rstrip("?"), heard="?" not in one) for n, one in enumerate(values)]
    return replace(WELL, saved=said, choices={("c", "fee"): stored})


NEWS = ((45, "planned"), (60, "held"))


def two_held(reason: str, *harms: Disturbance) -> Facts:
    facts = held(reason, *harms)
    return replace(facts, letters=[*facts.letters, replace(facts.letters[1], id="l-2", message_id="<2>", step=2)])


def dead(cause: str, *harms: Disturbance, tries: Sequence[float] = ()) -> Facts:
    """A message of dunning gave up, and failed at these seconds."""
    row = FailedRow(7, "dunning", "invoice.paid", cause, event_id="e-paid")
    return replace(WELL, failed=[row], disturbances=harms, tries=[Tried(at(second), "e-paid") for second in tries])


def money_in(amount: Decimal, account: str = "principal") -> LineRow:
    return line("paid", amount, account=account, against="received")


def kills(times: int, whom: str = "dunning") -> list[Disturbance]:
    return [harm(number, "kill", whom) for number in range(times)]


NAP = harm(40, "freeze", "dunning 2", at(45))
CREATED = Deed(at(0), "1001", "created", OWED, "K-1", date(2026, 2, 16))
DISPUTED = replace(
    more("objections", Answered(at(44), "p", "dispute")),
    answers=[*WELL.answers, Answered(at(46), "p", "resume")],
)


def later(days: float, *kinds: str, number: str = "1001") -> Facts:
    """Another reminder, so many days after the first one; with a fee if kinds say so."""
    name = f"p-{number}-{days}"
    return replace(
        WELL,
        procedures=[*WELL.procedures, replace(RUNNING, id=name, invoice=number, round=2)],
        letters=[*WELL.letters, replace(REMINDER, id=name, message_id=name, procedure=name)],
        mails=[*WELL.mails, Mail(at(50 + 10 * days), name, DEBTOR)],
        fees=[*WELL.fees, *(FeeRow(name, kind, 1, 0) for kind in kinds)],
    )


def of_one_customer(*days: float) -> Facts:
    """Reminders with fees about other invoices, so many days after the one about the first."""
    others = [later(number, "fee", number=str(2000 + number)) for number in days]
    bills = [replace(CREATED, invoice=str(2000 + number)) for number in days]
    return replace(
        WELL,
        deeds=[CREATED, *bills],
        procedures=[WELL.procedures[0], *(other.procedures[-1] for other in others)],
        letters=[*WELL.letters, *(other.letters[-1] for other in others)],
        mails=[*WELL.mails, *(other.mails[-1] for other in others)],
        fees=[*WELL.fees, *(other.fees[-1] for other in others)],
    )


def bearing(interest: str) -> Facts:
    """Interest for 13 days: 1,250 kr. at 9.75 percent are 4.34 kr."""
    asked = line("interest", Decimal(interest), step=1, value_on=date(2026, 3, 1))
    return replace(WELL, deeds=[CREATED], lines=[*WELL.lines, asked])


PLANTED: list[tuple[ledgers.Check, Facts, str]] = [
    (
        ledgers.every_overdue_invoice_has_one_procedure_a_round,
        more("deeds", Deed(at(3), "1002", "created", OWED)),
        "1002 is overdue",
    ),
    (
        ledgers.every_overdue_invoice_has_one_procedure_a_round,
        more("procedures", replace(RUNNING, id="q", round=2)),
        "2 procedures",
    ),
    (
        ledgers.every_overdue_invoice_has_one_procedure_a_round,
        instead("procedures", replace(RUNNING, round=2)),
        "rounds [2]",
    ),
    (
        ledgers.every_overdue_invoice_has_one_procedure_a_round,
        more("procedures", replace(RUNNING, id="q", invoice="9")),
        "never had it",
    ),
    (
        ledgers.no_deadline_is_overdue,
        instead("procedures", replace(RUNNING, wake_at=day(90))),
        "should have woken",
    ),
    (ledgers.every_step_has_at_most_one_fee, more("fees", FeeRow("p", "fee", 1, 1)), "2 fees for step 1"),
    (ledgers.every_step_has_at_most_one_fee, instead("fees", FeeRow("p", "reversal", 1, 0)), "-1 fees"),
    (ledgers.every_step_has_at_most_one_reminder, more("mails", Mail(at(51), "<reminder>", DEBTOR)), "2 reminders"),
    (
        ledgers.every_step_has_at_most_one_reminder,
        replace(
            more("mails", Mail(at(51), "<again>", DEBTOR)),
            letters=[*WELL.letters, replace(REMINDER, id="l-again", message_id="<again>", attempt=1)],
        ),
        "2 reminders for step 1",
    ),
    (ledgers.every_fee_has_its_reminder, more("fees", FeeRow("p", "fee", 2, 0)), "step 2, whose reminder never left"),
    (ledgers.every_answer_is_honoured, more("answers", Answered(at(90), "p", "waive")), "said waive to invoice 1001"),
    (ledgers.every_answer_is_honoured, more("answers", Answered(at(90), "p", "pause")), "said pause to invoice 1001"),
    (ledgers.no_reminder_follows_a_stop, more("answers", Answered(at(45), "p", "pause")), "after the pause"),
    (ledgers.no_reminder_follows_a_dispute, more("objections", Answered(at(45), "p", "dispute")), "after the dispute"),
    (
        ledgers.no_reminder_follows_a_dispute,
        more("objections", Answered(at(44), "p", "withdraw"), Answered(at(45), "p", "dispute")),
        "after the dispute",
    ),
    (ledgers.every_ledger_is_as_the_erp_has_it, more("lines", money_in(-OWED)), "says that 0.00 is outstanding"),
    (ledgers.no_krone_is_lost_or_invented, more("lines", line("fee", -FEE - 1)), "on the wrong side"),
    (ledgers.no_krone_is_lost_or_invented, more("lines", money_in(-FEE, "surplus")), "and is owed 100.00"),
    (ledgers.no_krone_is_lost_or_invented, more("lines", line("fee", FEE, event="x")), "that no event is behind"),
    (ledgers.no_ledger_is_beyond_the_law, more("lines", *[line("fee", FEE, step=n) for n in (2, 3, 4)]), "100.00, 100"),
    (ledgers.no_ledger_is_beyond_the_law, more("lines", line("fee", FEE + 1, step=2)), "fees of 100.00, 101.00"),
    (ledgers.no_ledger_is_beyond_the_law, more("lines", line("compensation", FEE)), "a compensation of 100.00"),
    (
        ledgers.no_letters_to_a_debtor_are_within_ten_days,
        later(9.5, "fee"),
        "left on 2026-03-07 and on 2026-03-16",
    ),
    (ledgers.no_fee_is_charged_on_a_disputed_claim, DISPUTED, "reminder 1 of invoice 1001 has a fee after the dispute"),
    (ledgers.no_customer_pays_for_too_many_letters, of_one_customer(9), "for the letters of 2026-03-07, 2026-03-16"),
    (
        ledgers.no_customer_pays_for_too_many_letters,
        of_one_customer(10, 20, 30),
        "owed something from 2026-02-17 to 9999-12-31, and pays 4 fees",
    ),
    (ledgers.interest_is_what_the_law_says, bearing("4.35"), "interest of 4.35 until 2026-03-01; the law says 4.34"),
    (ledgers.interest_is_what_the_law_says, bearing("4.33"), "interest of 4.33"),
    (
        ledgers.interest_is_what_the_law_says,
        replace(bearing("4.35"), deeds=[CREATED, Deed(at(20), "1001", "paid", OWED / 2)]),
        "interest of 4.35",
    ),
    (
        ledgers.what_is_over_asks_for_nothing,
        instead("procedures", replace(RUNNING, stage="settled", reason="paid", wake_at=None)),
        "is settled (paid), and its ledger still asks for 100.00",
    ),
    (
        ledgers.the_mail_server_and_we_agree_on_every_letter,
        more("mails", Mail(at(60), "<x>", DEBTOR)),
        "none of our letters",
    ),
    (ledgers.the_mail_server_and_we_agree_on_every_letter, more("letters", letter("settled")), "never took it"),
    (
        ledgers.the_mail_server_and_we_agree_on_every_letter,
        instead("letters", WELL.letters[0], replace(REMINDER, state="withdrawn")),
        "counts as withdrawn",
    ),
    (ledgers.the_mail_server_and_we_agree_on_every_letter, refused_again(), "counts as failed"),
    (
        ledgers.the_mail_server_and_we_agree_on_every_letter,
        refused_again(harm(65, "fault 5xx", "mail"), to_debtor=True),
        "counts as failed",
    ),
    (
        ledgers.the_mail_server_and_we_agree_on_every_letter,
        refused_again(harm(50, "fault 5xx", "mail"), failed=59),
        "counts as failed",
    ),
    (
        ledgers.the_mail_server_and_we_agree_on_every_letter,
        more("letters", letter("settled", "planned")),
        "still planned",
    ),
    (ledgers.nobody_is_asked_twice, more("letters", replace(WELL.letters[0], id="again")), "asked 2 times"),
    (
        ledgers.every_refused_question_is_asked_again_or_shown,
        REFUSED,
        "1001, whose notice is failed",
    ),
    (
        ledgers.every_refused_question_is_asked_again_or_shown,
        replace(REFUSED, questions=[QuestionRow("p", None)]),
        "whose notice is not written",
    ),
    (ledgers.nobody_is_dunned_whose_company_was_not_asked, instead("questions"), "its company was not asked before"),
    (
        ledgers.nobody_is_dunned_whose_company_was_not_asked,
        instead("mails", Mail(at(60), "<notice>", COMPANY), Mail(at(50), "<reminder>", DEBTOR)),
        "its company was not asked before",
    ),
    (ledgers.every_held_letter_is_explained, held(LOST), "its notifier"),
    (ledgers.every_held_letter_is_explained, held(LOST, harm(90, "kill", "notifier")), "its notifier"),
    (ledgers.every_held_letter_is_explained, held(LOST, harm(20, "kill", "notifier")), "its notifier"),
    (ledgers.every_held_letter_is_explained, held(LOST, harm(30, "freeze", "notifier", at(40))), "its notifier"),
    (ledgers.every_held_letter_is_explained, held(LOST, harm(50, "kill", "fetcher")), "its notifier"),
    (ledgers.every_held_letter_is_explained, held(LOST, harm(50, "cut", "broker lines")), "its notifier"),
    (
        ledgers.every_held_letter_is_explained,
        held(LOST, harm(59, "kill", "notifier"), mails=[*WELL.mails[:1], Mail(at(50), "<reminder>", DEBTOR)]),
        "its notifier",
    ),
    (ledgers.every_held_letter_is_explained, held("timed out"), "the mail server"),
    (ledgers.every_held_letter_is_explained, held("timed out", harm(49, "fault 4xx", "mail")), "the mail server"),
    (ledgers.every_held_letter_is_explained, held("timed out", harm(65, "fault hang", "mail")), "the mail server"),
    (ledgers.every_held_letter_is_explained, two_held("timed out", harm(40, "fault hang", "mail")), "l-2 is held"),
    (
        ledgers.nobody_is_dunned_who_has_paid,
        more("deeds", Deed(at(20), "1001", "paid", PAID)),
        "1001 was paid",
    ),
    (ledgers.every_reminder_had_a_fresh_look, instead("heard", WELL.heard[0], look(30)), "without a fresh look"),
    (ledgers.every_reminder_had_a_fresh_look, instead("heard", WELL.heard[0], look(49, paid=OWED)), "without a fresh"),
    (
        ledgers.every_answer_is_honoured,
        instead("procedures", replace(RUNNING, stage="awaiting_decision")),
        "said start to invoice 1001, and it is awaiting_decision",
    ),
    (ledgers.every_answer_is_honoured, more("answers", Answered(at(90), "p", "stop")), "said stop to invoice 1001"),
    (ledgers.no_reminder_follows_a_stop, more("answers", Answered(at(45), "p", "stop")), "after the stop"),
    (
        ledgers.no_reminder_follows_a_stop,
        more("answers", Answered(at(42), "p", "start"), Answered(at(45), "p", "stop")),
        "after the stop",
    ),
    (ledgers.every_event_was_heard_under_one_id, instead("heard", look(49)), "e-overdue counts as published"),
    (ledgers.every_event_was_heard_under_one_id, more("heard", look(60, event_id="e-x")), "e-x, which nobody said"),
    (ledgers.every_event_was_heard_under_one_id, more("heard", look(60)), "two contents"),
    (
        ledgers.everything_is_published_and_handled,
        more("outbox", OutboxRow("e-late", "letter.sent", day(94), is_published=False)),
        "e-late was due",
    ),
    (ledgers.everything_is_published_and_handled, replace(WELL, queues={"dunning.DQ": 1}), "1 messages are left"),
    (ledgers.a_subscriber_that_sleeps_has_the_newest_events, replace(WELL, asleep=1, room=5), "holds 1 events"),
    (ledgers.every_dead_letter_is_explained, dead("KeyError: 'x'", harm(50, "kill", "dunning")), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(TOO_OFTEN, *kills(20)), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(TOO_OFTEN, *kills(30, "notifier")), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(TOO_LONG, NAP), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(TOO_LONG, NAP, tries=(41, 90)), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(TOO_LONG, replace(NAP, to="fetcher"), tries=(41,)), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(NO_RETRY, tries=(41,)), "dead letter 7"),
    (ledgers.every_dead_letter_is_explained, dead(NO_RETRY, harm(20, "cut", "broker lines"), tries=(41,)), "letter 7"),
    (ledgers.every_page_answers, looked(500), "answered 500 to GET /tasks"),
    (ledgers.every_page_answers, looked(404), "answered 404"),
    (ledgers.every_page_answers, looked(200, is_own=False), "answered 200"),
    (ledgers.nobody_sees_anything_of_another_company, looked(200, strangers=["Firma 2"]), "was shown Firma 2 by GET"),
    (ledgers.every_choice_that_was_saved_holds, saved("90", "60", "80"), "saved 80 as its fee, and it is 90"),
    (ledgers.every_choice_that_was_saved_holds, saved("90", "60", "80?", "70?"), "saved 60 or 70 or 80 as its fee"),
]


@pytest.mark.parametrize(("check", "facts", "sentence"), PLANTED)
def test_a_planted_violation_is_found(check: ledgers.Check, facts: Facts, sentence: str) -> None:
    found = list(check(facts))

    assert len(found) == 1, found
    assert sentence in found[0]


def test_every_check_has_a_planted_violation() -> None:
    assert {check for check, _, _ in PLANTED} == set(ledgers.CHECKS)


INNOCENT: dict[str, Facts] = {
    "paid less than a day before": replace(
        more("deeds", Deed(at(45), "1001", "paid", PAID)), lines=[*WELL.lines, money_in(-OWED)]
    ),
    "paid long ago, and reversed": more(
        "deeds", Deed(at(5), "1001", "paid", PAID), Deed(at(20), "1001", "reversed", OWED)
    ),
    "paid long ago, and reversed while its sender was frozen": replace(
        more("deeds", Deed(at(5), "1001", "paid", PAID), Deed(at(45), "1001", "reversed", OWED)),
        disturbances=[harm(46, "freeze", "notifier", at(49))],
    ),
    "stopped while it was being sent": replace(
        more("answers", Answered(at(49), "p", "stop")),
        procedures=[replace(RUNNING, stage="cancelled")],
        lines=[WELL.lines[0]],
    ),
    "stopped while its sender was frozen": replace(
        more("answers", Answered(at(45), "p", "stop")),
        procedures=[replace(RUNNING, stage="cancelled")],
        lines=[WELL.lines[0]],
        disturbances=[Disturbance(at(41), "freeze", "notifier 2", at(48.5))],
    ),
    "stopped and started anew before a sender slept": replace(
        more("answers", Answered(at(42), "p", "stop"), Answered(at(44), "p", "start")),
        disturbances=[Disturbance(at(45), "freeze", "notifier 2", at(48.5))],
    ),
    "stopped by a click whose answer was lost, then dunned": more(
        "answers", Answered(at(41), "p", "stop", heard=False)
    ),
    "a timer that fell due just now": more("outbox", OutboxRow("e-now", "notices.due", day(99), is_published=False)),
    "a mail to the company that came twice": more("mails", Mail(at(12), "<notice>", COMPANY)),
    "a mail to the company that nobody heard was taken, and that was refused when it came again": refused_again(
        harm(65, "fault 5xx", "mail")
    ),
    "a refused notice that an operator is told of": replace(REFUSED, shown={"1001"}),
    "a refused notice whose invoice was paid meanwhile": replace(
        REFUSED, procedures=[replace(RUNNING, stage="settled")], lines=[WELL.lines[0]]
    ),
    "asked again, since the first notice was refused": more(
        "letters", replace(NOTICE, id="l-0", message_id="<0>", state="failed")
    ),
    "released by a person": replace(more("mails", Mail(at(51), "<reminder>", DEBTOR)), released={"l-reminder": 1}),
    "held, since its sender was killed": held(LOST, harm(50, "kill", "notifier 2")),
    "held, since its sender was killed when it had left": held(
        LOST, harm(50.3, "ambush", "notifier"), mails=WELL.mails
    ),
    "held, since its sender slept too long": held(LOST, harm(30, "freeze", "notifier", at(46))),
    "held, since its sender lost the database": held(LOST, harm(50, "restart kill -9", "postgres")),
    "held, since the mail server hung up on it": held("timed out", harm(41, "fault hang", "mail")),
    "two that the mail server kept silent about": two_held("timed out", harm(41, "fault die", "mail", times=2)),
    "a dead letter of a worker that died too often": dead(TOO_OFTEN, *kills(15), *kills(6, "dunning 2")),
    "a dead letter of a worker that slept at each try": dead(TOO_LONG, NAP, tries=(41, 46)),
    "a dead letter whose retry found no line": dead(NO_RETRY, harm(40, "cut", "broker lines"), tries=(41,)),
    "disputed, and taken back": more("objections", Answered(at(44), "p", "dispute"), Answered(at(45), "p", "withdraw")),
    "disputed, and the company went on, without a fee": replace(DISPUTED, fees=[], lines=[WELL.lines[0]]),
    "disputed too late for the reminder that was being sent": more("objections", Answered(at(49), "p", "dispute")),
    "came back, and was sent again": replace(
        WELL,
        letters=[NOTICE, replace(REMINDER, state="bounced"), replace(REMINDER, id="l-2", message_id="<2>", attempt=1)],
        mails=[Mail(at(-60), "<notice>", COMPANY), Mail(at(-50), "<reminder>", DEBTOR), Mail(at(50), "<2>", DEBTOR)],
        heard=[*WELL.heard, look(-51, event_id="e-look-1")],
        outbox=[*WELL.outbox, OutboxRow("e-look-1", "invoice.checked", day(-51), is_published=True)],
        fees=[FeeRow("p", "fee", 1, 0), FeeRow("p", "reversal", 1, 0), FeeRow("p", "fee", 1, 1)],
    ),
    "interest as the law has it": bearing("4.34"),
    "less interest, since something was paid": replace(
        bearing("4.00"),
        deeds=[CREATED, Deed(at(20), "1001", "paid", OWED / 2)],
        lines=[*bearing("4.00").lines, money_in(-OWED / 2)],
    ),
    "written off by its company": more("lines", line("waived", -OWED / 2, account="principal", against="lost")),
    "an event that came twice": more("heard", look(49)),
    "started in the portal before its mail came": replace(
        instead("mails", WELL.mails[1]),
        letters=[replace(NOTICE, state="failed"), REMINDER],
        answers=[Answered(at(40), "p", "start", way="portal")],
    ),
    "a page of the portal while the database was away": looked(503),
    "an invoice of others that is not there": looked(404, is_own=False),
    "a choice whose saving nobody heard of": saved("80", "60", "70?", "80?"),
    "a choice that may not have been saved": saved("60", "60", "70?"),
}


@pytest.mark.parametrize("facts", INNOCENT.values(), ids=INNOCENT.keys())
def test_what_chaos_may_cause_is_no_finding(facts: Facts) -> None:
    assert ledgers.findings(facts) == []


LAWFUL: list[tuple[ledgers.Check, Facts]] = [
    (ledgers.no_letters_to_a_debtor_are_within_ten_days, later(10, "fee")),
    (ledgers.no_letters_to_a_debtor_are_within_ten_days, later(1, "fee", number="1002")),
    (
        ledgers.no_fee_is_charged_on_a_disputed_claim,
        replace(DISPUTED, fees=[*WELL.fees, FeeRow("p", "reversal", 1, 0)]),
    ),
    (ledgers.no_customer_pays_for_too_many_letters, of_one_customer(10, 20)),
    (ledgers.no_customer_pays_for_too_many_letters, replace(of_one_customer(5), fees=WELL.fees)),
]


@pytest.mark.parametrize(("check", "facts"), LAWFUL)
def test_what_the_law_allows_is_no_finding(check: ledgers.Check, facts: Facts) -> None:
    assert list(check(facts)) == []
