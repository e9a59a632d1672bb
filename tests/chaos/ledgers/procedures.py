"""Invoices of the ERP and their procedures; what a step may cost and send."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise

from tests.chaos.facts import Deed, Facts, LetterRow
from tests.chaos.ledgers.deeds import by_invoice

OPEN = ("planned", "sending", "held")  # states of a letter about which the last word is not said


def every_overdue_invoice_has_one_procedure_a_round(facts: Facts) -> Iterator[str]:
    rounds = defaultdict(list)
    for row in facts.procedures:
        rounds[row.invoice].append(row.round)
    for number, deeds in by_invoice(facts.deeds).items():
        found = sorted(rounds.get(number, []))
        if not found and deeds[-1].outstanding:
            yield f"invoice {number} is overdue and unpaid in the ERP, and has no procedure"
        if found != list(range(1, len(found) + 1)):
            yield f"invoice {number} has procedures of the rounds {found}"
        if len(found) > (most := 1 + _reopenings(deeds)):
            yield f"invoice {number} has {len(found)} procedures; what the ERP says of it is reason for {most}"
    for number in rounds.keys() - by_invoice(facts.deeds).keys():
        yield f"invoice {number} has a procedure, and the ERP never had it"


def _reopenings(deeds: Sequence[Deed]) -> int:
    return sum(1 for before, after in pairwise(deeds) if after.outstanding > before.outstanding)


def no_deadline_is_overdue(facts: Facts) -> Iterator[str]:
    latest = facts.business(facts.now) - facts.late
    for row in facts.procedures:
        if row.wake_at and row.wake_at < latest:
            yield f"procedure {row.id} (invoice {row.invoice}, {row.stage}) should have woken at {row.wake_at:%F %H:%M}"


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
        if letter.state == "bounced":
            continue  # it never arrived: no step
        taken[letter.procedure, letter.step].append(letter)
    for (procedure, step), letters in taken.items():
        allowed = 1 + sum(facts.released.get(letter.id, 0) for letter in {row.id: row for row in letters}.values())
        if len(letters) > allowed:
            yield f"the debtor of invoice {facts.invoice_of(procedure)} got {len(letters)} reminders for step {step}"


def every_fee_has_its_reminder(facts: Facts) -> Iterator[str]:
    """A fee that stands has been asked for in a mail that left, or is about to, or that a person must decide about."""
    turned = {(row.procedure, row.step, row.attempt) for row in facts.fees if row.kind == "reversal"}
    sent = {(letter.procedure, letter.step, letter.attempt) for _, letter in facts.reminders()}
    open_ = {(x.procedure, x.step, x.attempt) for x in facts.letters if x.state in OPEN}
    for row in facts.fees:
        step = (row.procedure, row.step, row.attempt)
        if row.kind == "fee" and step not in turned | sent | open_:
            yield f"procedure {row.procedure} charges a fee for step {row.step}, whose reminder never left"
