"""What a run did and what it found, in words for somebody who has never seen one."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from tests.chaos.facts import Facts
from tests.chaos.plan import Action

PART = 10  # seconds of a line of the timeline
LIFE = ("invoice", "pay", "pay part", "overpay", "reverse", "credit", "answer", "note", "object", "bounce", "days")
INSIDE = ("look", "fetch now", "save", "leave")


def timeline(actions: Sequence[Action]) -> Iterator[str]:
    """What was done in each ten seconds."""
    for start in range(0, int(actions[-1].at) + 1, PART):
        part = [action for action in actions if start <= action.at < start + PART]
        for title in ("life", "portal", "harm"):
            done = Counter(_named(action) for action in part if _title(action) == title)
            said = ", ".join(f"{name} ×{times}" if times > 1 else name for name, times in sorted(done.items()))
            yield f"  {start:>4}-{start + PART} s  {title}: {said or 'nothing'}"


def _title(action: Action) -> str:
    return "life" if action.kind in LIFE else "portal" if action.kind in INSIDE else "harm"


def _named(action: Action) -> str:
    if action.kind in ("answer", "note", "object"):
        return f"{action.kind} {action.word}"
    if action.kind in LIFE:
        return action.kind
    if action.kind == "fault":
        return f"{action.to}: {action.word}"
    return f"{action.kind} {action.to}"


def outcome(facts: Facts, left_undone: Mapping[str, int]) -> Iterator[str]:
    """What came of it, in numbers."""
    ids = Counter(event.id for event in facts.heard)
    yield f"  {_numbers(Counter(deed.what for deed in facts.deeds))} invoices in the ERP"
    yield f"  {_numbers(Counter(row.stage for row in facts.procedures))} procedures"
    letters = Counter(f"{row.kind} {row.state}" for row in facts.letters)
    yield f"  {_numbers(letters)} letters; the mail server took {len(facts.mails)} mails"
    yield f"  {len(facts.outbox)} events said; heard {len(facts.heard)} times, {len(ids)} different ones"
    yield f"  {_numbers(Counter(answer.choice for answer in facts.answers if answer.heard)) or 'no'} answers"
    yield f"  {_numbers(Counter(answer.way for answer in facts.answers if answer.heard)) or 'no'} ways of answers"
    yield f"  {_numbers(Counter(str(one.status) for one in facts.looked)) or 'no'} statuses behind the login"
    yield f"  {_numbers(Counter(said.choice for said in facts.objections if said.heard)) or 'no'} words of debtors"
    if facts.failed:
        yield f"  {_numbers(Counter(row.cause for row in facts.failed))} dead letters"
    if left_undone:
        yield f"  left undone, because it was too early or nobody answered: {_numbers(left_undone)}"


def _numbers(counted: Mapping[str, int]) -> str:
    return ", ".join(f"{times} {name}" for name, times in sorted(counted.items()))
