"""Nobody is dunned who has paid, and every answer is honoured."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal

from tests.chaos.facts import Answered, Deed, Facts
from tests.chaos.ledgers.deeds import by_invoice

OVER = ("cancelled", "settled")
HALTS = ("stop", "pause", "waive")  # words of the company after which nothing is sent
ANEW = ("start", "resume")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def nobody_is_dunned_who_has_paid(facts: Facts) -> Iterator[str]:
    """Whenever its sender may have decided to send it: what was owed for a moment of that time is let pass."""
    deeds = by_invoice(facts.deeds)
    for mail, letter in facts.reminders():
        number, claimed = facts.invoice_of(letter.procedure), facts.claimed(mail)
        before = [deed for deed in deeds.get(number, []) if deed.at < claimed]
        meanwhile = [deed for deed in deeds.get(number, []) if claimed <= deed.at <= mail.at]
        if not before or any(deed.outstanding for deed in (before[-1], *meanwhile)):
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


def every_answer_is_honoured(facts: Facts) -> Iterator[str]:
    deeds = by_invoice(facts.deeds)
    for row in facts.procedures:
        last = _last_answer(facts, row.id, facts.now)
        is_stopped = row.stage in OVER
        is_waiting = row.stage == "awaiting_decision" or row.reason == "stopped"
        if last and last.choice == "start" and is_waiting and _owed_since(deeds[row.invoice], last.at):
            yield f"the company said start to invoice {row.invoice}, and it is {row.stage} {row.reason}".rstrip()
        if last and last.choice in ("stop", "waive") and not is_stopped:
            yield f"the company said {last.choice} to invoice {row.invoice}, and it is {row.stage}"
        if last and last.choice == "pause" and row.stage not in ("paused", *OVER):
            yield f"the company said pause to invoice {row.invoice}, and it is {row.stage}"


def no_reminder_follows_a_stop(facts: Facts) -> Iterator[str]:
    for mail, letter in facts.reminders():
        claimed = facts.claimed(mail)
        last = _last_answer(facts, letter.procedure, claimed)
        if last and last.choice in HALTS and not _is_started_anew(facts, letter.procedure, claimed, mail.at):
            number = facts.invoice_of(letter.procedure)
            said = f"the {last.choice} of {last.at:%T}"
            yield f"reminder {letter.step} of invoice {number} left at {mail.at:%T}, after {said}"


def no_reminder_follows_a_dispute(facts: Facts) -> Iterator[str]:
    """Until the debtor takes it back, or the company says that it goes on."""
    for mail, letter in facts.reminders():
        claimed = facts.claimed(mail)
        mine = [said for said in facts.objections if said.procedure == letter.procedure and said.heard]
        disputed = max((said.at for said in mine if said.choice == "dispute" and said.at < claimed), default=None)
        if disputed is None or _is_over(facts, letter.procedure, disputed, mail.at):
            continue
        number = facts.invoice_of(letter.procedure)
        yield f"reminder {letter.step} of invoice {number} left at {mail.at:%T}, after the dispute of {disputed:%T}"


def _is_over(facts: Facts, procedure: str, since: datetime, until: datetime) -> bool:
    """Whether somebody ended the dispute, or may have: whose word was cut off may have been taken."""
    said = [*facts.answers, *facts.objections]
    ending = [one for one in said if one.procedure == procedure and one.choice in (*ANEW, "withdraw")]
    return any(since <= one.at <= until for one in ending)


def _is_started_anew(facts: Facts, procedure: str, since: datetime, until: datetime) -> bool:
    """Whether the company said so while the reminder may have been claimed."""
    said = [answer for answer in facts.answers if answer.procedure == procedure and answer.choice in ANEW]
    return any(since <= answer.at <= until for answer in said)


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
