"""Who is right in the end: the others' books against our own rows; pure. Facts come in, findings go out.

A finding is a sentence that names its rows. Add a check: a function from Facts to findings, and its line in CHECKS.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise

from tests.chaos.facts import Answered, Deed, Facts, LetterRow

LEFT_OPEN = ("planned", "sending")
MAY_HAVE_LEFT = ("sent", "held", "sending")  # states that a letter which the mail server has taken may be in
LOST = "nobody knows"  # in the reason of a letter whose sender is gone
SILENT = ("hang", "die")  # faults of a mail server that leave the sender without an answer
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


# --- invoices and procedures -----------------------------------------------------------------------------------------
def every_overdue_invoice_has_one_procedure_a_round(facts: Facts) -> Iterator[str]:
    rounds = defaultdict(list)
    for row in facts.procedures:
        rounds[row.invoice].append(row.round)
    for number, deeds in _by_invoice(facts.deeds).items():
        found = sorted(rounds.get(number, []))
        if not found and deeds[-1].outstanding:
            yield f"invoice {number} is overdue and unpaid in the ERP, and has no procedure"
        if found != list(range(1, len(found) + 1)):
            yield f"invoice {number} has procedures of the rounds {found}"
        if len(found) > (most := 1 + _reopenings(deeds)):
            yield f"invoice {number} has {len(found)} procedures; what the ERP says of it is reason for {most}"
    for number in rounds.keys() - _by_invoice(facts.deeds).keys():
        yield f"invoice {number} has a procedure, and the ERP never had it"


def _reopenings(deeds: Sequence[Deed]) -> int:
    return sum(1 for before, after in pairwise(deeds) if after.outstanding > before.outstanding)


def _by_invoice(deeds: Iterable[Deed]) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = defaultdict(list)
    for deed in sorted(deeds, key=lambda deed: deed.at):
        found[deed.invoice].append(deed)
    return found


def no_deadline_is_overdue(facts: Facts) -> Iterator[str]:
    latest = facts.business(facts.now) - facts.late
    for row in facts.procedures:
        if row.wake_at and row.wake_at < latest:
            yield f"procedure {row.id} (invoice {row.invoice}, {row.stage}) should have woken at {row.wake_at:%F %H:%M}"


# --- steps -----------------------------------------------------------------------------------------------------------
def every_step_has_at_most_one_fee(facts: Facts) -> Iterator[str]:
    standing: Counter[tuple[str, int]] = Counter()
    for row in facts.fees:
        standing[row.procedure, row.step] += {"fee": 1, "reversal": -1}.get(row.kind, 0)
    for (procedure, step), count in standing.items():
        if count not in (0, 1):
            yield f"procedure {procedure} has {count} fees for step {step}"


def every_step_has_at_most_one_reminder(facts: Facts) -> Iterator[str]:
    """As the mail server has it, by Message-ID or not: what a person released may come twice."""
    taken: dict[tuple[str, int], list[LetterRow]] = defaultdict(list)
    for _, letter in facts.reminders():
        taken[letter.procedure, letter.step].append(letter)
    for (procedure, step), letters in taken.items():
        allowed = 1 + sum(facts.released.get(letter.id, 0) for letter in {row.id: row for row in letters}.values())
        if len(letters) > allowed:
            yield f"the debtor of invoice {facts.invoice_of(procedure)} got {len(letters)} reminders for step {step}"


def every_fee_has_its_reminder(facts: Facts) -> Iterator[str]:
    """A fee that stands has been asked for in a mail that left, or is about to, or that a person must decide about."""
    turned = {(row.procedure, row.step, row.attempt) for row in facts.fees if row.kind == "reversal"}
    sent = {(letter.procedure, letter.step, letter.attempt) for _, letter in facts.reminders()}
    open_ = {(x.procedure, x.step, x.attempt) for x in facts.letters if x.state in (*LEFT_OPEN, "held")}
    for row in facts.fees:
        step = (row.procedure, row.step, row.attempt)
        if row.kind == "fee" and step not in turned | sent | open_:
            yield f"procedure {row.procedure} charges a fee for step {row.step}, whose reminder never left"


# --- letters ---------------------------------------------------------------------------------------------------------
def the_mail_server_and_we_agree_on_every_letter(facts: Facts) -> Iterator[str]:
    taken = {mail.message_id for mail in facts.mails}
    for mail in facts.mails:
        if facts.letter_of(mail) is None:
            yield f"the mail server took {mail.message_id}, which is none of our letters"
    for letter in facts.letters:
        name = f"the {letter.kind} letter {letter.id} of step {letter.step}"
        if letter.state == "sent" and letter.message_id not in taken:
            yield f"{name} counts as sent, and the mail server never took it"
        if letter.state not in MAY_HAVE_LEFT and letter.message_id in taken and letter.id not in facts.released:
            yield f"the mail server took {name}, which counts as {letter.state} ({letter.reason})"
        if letter.state in LEFT_OPEN:
            yield f"{name} is still {letter.state} ({letter.reason})"


def nobody_is_asked_twice(facts: Facts) -> Iterator[str]:
    """One and the same mail may come twice, never two about the same question, unless the first was refused."""
    taken = (letter for letter in facts.letters if letter.kind == "notice" and letter.state != "failed")
    asked = Counter(letter.procedure for letter in taken)
    for procedure, count in asked.items():
        if count > 1:
            yield f"the company was asked {count} times about invoice {facts.invoice_of(procedure)} in one round"


def every_refused_question_is_asked_again_or_shown(facts: Facts) -> Iterator[str]:
    """When all is quiet an open question is in a letter that can reach its company, or an operator is told."""
    state = {letter.id: letter.state for letter in facts.letters}
    waiting = {row.id: row.invoice for row in facts.procedures if row.stage == "awaiting_decision"}
    for row in facts.questions:
        number, letter = waiting.get(row.procedure), state.get(row.letter or "", "not written")
        if number and letter in ("failed", "not written") and number not in facts.shown:
            yield f"the company was not asked about invoice {number}, whose notice is {letter}, and nobody is told"


def nobody_is_dunned_whose_company_was_not_asked(facts: Facts) -> Iterator[str]:
    taken = {mail.message_id: mail.at for mail in sorted(facts.mails, key=lambda mail: mail.at, reverse=True)}
    ids = {letter.id: letter.message_id for letter in facts.letters}
    asked_at = {row.procedure: taken.get(ids.get(row.letter or "", "")) for row in facts.questions}
    for mail, letter in facts.reminders():
        asked = asked_at.get(letter.procedure)
        if asked is None or asked > mail.at:
            number = facts.invoice_of(letter.procedure)
            yield f"reminder {letter.step} of invoice {number} left, and its company was not asked before"


def every_held_letter_is_explained(facts: Facts) -> Iterator[str]:
    """By the notifier or the database that went away in the middle of it, or by the mail server that kept silent."""
    gone = any(d.to.startswith(("notifier", "postgres")) for d in facts.disturbances)
    silent = any(d.to == "mail" and d.kind.removeprefix("fault ").startswith(SILENT) for d in facts.disturbances)
    for letter in facts.letters:
        is_explained, who = (gone, "the notifier") if LOST in letter.reason else (silent, "the mail server")
        if letter.state == "held" and not is_explained:
            yield f"letter {letter.id} is held ({letter.reason}), and nothing was done to {who}"


# --- nobody is dunned who has paid -----------------------------------------------------------------------------------
def nobody_is_dunned_who_has_paid(facts: Facts) -> Iterator[str]:
    deeds = _by_invoice(facts.deeds)
    for mail, letter in facts.reminders():
        number, claimed = facts.invoice_of(letter.procedure), facts.claimed(mail)
        before = [deed for deed in deeds.get(number, []) if deed.at < claimed]
        if not before or before[-1].outstanding:
            continue
        age = facts.business(claimed) - facts.business(before[-1].at)
        if age > facts.fresh:
            yield f"invoice {number} was {before[-1].what} {age} before its reminder {letter.step} left ({letter.id})"


def every_reminder_had_a_fresh_look(facts: Facts) -> Iterator[str]:
    """The subscriber has heard of a look at the ERP that found the invoice unpaid, not long before the mail left."""
    looks: dict[str, list[datetime]] = defaultdict(list)
    for heard in facts.heard:
        if heard.type == "invoice.checked":
            procedure, observed_at = _unpaid_look(heard.content)
            looks[procedure].append(observed_at)
    for mail, letter in facts.reminders():
        oldest = facts.business(facts.claimed(mail)) - facts.fresh
        if not any(oldest <= look <= facts.business(mail.at) for look in looks[letter.procedure]):
            number = facts.invoice_of(letter.procedure)
            yield f"reminder {letter.step} of invoice {number} left at {mail.at:%T} without a fresh look at the ERP"


def _unpaid_look(content: Mapping[str, object]) -> tuple[str, datetime]:
    """Whose look it was, and when; one that found the invoice paid is as good as none."""
    invoice = content["invoice"]
    if not isinstance(invoice, Mapping):
        raise TypeError(f"no invoice in {content}")
    owed = Decimal(str(invoice["amount"])) > Decimal(str(invoice["paid"]))
    return str(content["procedure_id"]), datetime.fromisoformat(str(invoice["observed_at"])) if owed else EPOCH


# --- answers ---------------------------------------------------------------------------------------------------------
def every_answer_is_honoured(facts: Facts) -> Iterator[str]:
    deeds = _by_invoice(facts.deeds)
    for row in facts.procedures:
        last = _last_answer(facts, row.id, facts.now)
        is_stopped = row.stage in ("cancelled", "settled")
        is_waiting = row.stage == "awaiting_decision" or row.reason == "stopped"
        if last and last.choice == "start" and is_waiting and _owed_since(deeds[row.invoice], last.at):
            yield f"the company said start to invoice {row.invoice}, and it is {row.stage} {row.reason}".rstrip()
        if last and last.choice == "stop" and not is_stopped:
            yield f"the company said stop to invoice {row.invoice}, and it is {row.stage}"


def no_reminder_follows_a_stop(facts: Facts) -> Iterator[str]:
    for mail, letter in facts.reminders():
        last = _last_answer(facts, letter.procedure, facts.claimed(mail))
        if last and last.choice == "stop":
            number = facts.invoice_of(letter.procedure)
            yield f"reminder {letter.step} of invoice {number} left at {mail.at:%T}, after the stop of {last.at:%T}"


def _last_answer(facts: Facts, procedure: str, before: datetime) -> Answered | None:
    """The last answer, if the one who gave it heard that it was taken: else nobody can know what holds."""
    said = [answer for answer in facts.answers if answer.procedure == procedure]
    last = max((a for a in said if a.heard and a.at < before), key=lambda answer: answer.at, default=None)
    is_sure = last and all(a.heard or a.at < last.at for a in said)
    return last if is_sure else None


def _owed_since(deeds: Sequence[Deed], at: datetime) -> bool:
    """Whether the ERP has said so at `at`, and ever since."""
    until = [deed for deed in deeds if deed.at <= at][-1:]
    return all(deed.outstanding for deed in until + [deed for deed in deeds if deed.at > at])


# --- messages --------------------------------------------------------------------------------------------------------
def every_event_was_heard_under_one_id(facts: Facts) -> Iterator[str]:
    heard = {event.id: event for event in facts.heard}
    for event in facts.heard:
        if event.content != heard[event.id].content:
            yield f"{event.type} {event.id} was heard with two contents"
    for row in facts.outbox:
        if row.is_published and row.id not in heard:
            yield f"{row.type} {row.id} counts as published, and the subscriber never heard it"
    for event_id in heard.keys() - {row.id for row in facts.outbox}:
        yield f"the subscriber heard {heard[event_id].type} {event_id}, which nobody said"


def everything_is_published_and_handled(facts: Facts) -> Iterator[str]:
    now = facts.business(facts.now)
    for row in facts.outbox:
        if not row.is_published and row.at <= now:
            yield f"{row.type} {row.id} was due at {row.at:%F %H:%M} and is not published"
    for queue, left in facts.queues.items():
        if left:
            yield f"{left} messages are left in the queue {queue}"


def a_subscriber_that_sleeps_has_the_newest_events(facts: Facts) -> Iterator[str]:
    """His queue was full, or nothing shows that a full queue stops nobody."""
    said = sum(1 for row in facts.outbox if row.is_published)
    if facts.asleep != (expected := min(facts.room, said)):
        yield f"the queue of the subscriber that sleeps holds {facts.asleep} events, and should hold {expected}"


def every_dead_letter_is_explained(facts: Facts) -> Iterator[str]:
    """A message gives up when what it needs was away or killed again and again; never because of what it says."""
    for row in facts.failed:
        if not any(word in row.cause for word in CAUSES) or not facts.disturbances:
            yield f"dead letter {row.id}: {row.type} in {row.queue}, {row.cause}"


CAUSES = ("delivery_limit", "TimeLimitExceeded", "Shutdown", "ConnectionClosed", "AMQPConnectionError", "StreamLost")
Check = Callable[[Facts], Iterator[str]]
CHECKS: tuple[Check, ...] = (
    every_overdue_invoice_has_one_procedure_a_round,
    no_deadline_is_overdue,
    every_step_has_at_most_one_fee,
    every_step_has_at_most_one_reminder,
    every_fee_has_its_reminder,
    the_mail_server_and_we_agree_on_every_letter,
    nobody_is_asked_twice,
    every_refused_question_is_asked_again_or_shown,
    nobody_is_dunned_whose_company_was_not_asked,
    every_held_letter_is_explained,
    nobody_is_dunned_who_has_paid,
    every_reminder_had_a_fresh_look,
    every_answer_is_honoured,
    no_reminder_follows_a_stop,
    every_event_was_heard_under_one_id,
    everything_is_published_and_handled,
    a_subscriber_that_sleeps_has_the_newest_events,
    every_dead_letter_is_explained,
)


def findings(facts: Facts, checks: Iterable[Check] = CHECKS) -> list[str]:
    """One sentence for each thing that is wrong; none if all is well."""
    return [sentence for check in checks for sentence in check(facts)]
