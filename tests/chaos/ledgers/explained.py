"""Whatever needs a person is traced to a particular harm that was done at that time to those who had it in hand.

No harm explains more of them than it can have caused.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from common import topology
from tests.chaos.facts import Disturbance, Facts, FailedRow, LetterRow, Mail

LOST = "nobody knows"  # in the reason of a letter whose sender is gone
AT_ONCE = 4  # letters that one notifier has in hand: its threads
AFTERMATH = timedelta(seconds=10)  # until whoever lost a line, a server or its time has noticed and come back
LINES = ("cut", "stall", "swallow")
GONE = ("kill", "crash", "ambush")
SLEPT = ("freeze", "starve")


# --- letters that are held --------------------------------------------------------------------------------------------
def every_held_letter_is_explained(facts: Facts) -> Iterator[str]:
    """By what ended its sender while he had it, or by a fault of the mail server that kept silent about it."""
    held = [letter for letter in facts.letters if letter.state == "held"]
    lost = {letter.id: _ends_of_its_sender(facts, letter) for letter in held if LOST in letter.reason}
    unheard = {letter.id: _silences(facts, letter) for letter in held if LOST not in letter.reason}
    unexplained = {*_left_over(lost, lambda _: AT_ONCE), *_left_over(unheard, lambda harm: harm.times)}
    for letter in held:
        if letter.id in unexplained:
            whom = "its notifier" if LOST in letter.reason else "the mail server"
            yield f"letter {letter.id} is held ({letter.reason}), and nothing was done then to {whom} that explains it"


def _ends_of_its_sender(facts: Facts, letter: LetterRow) -> list[Disturbance]:
    """Between the news that it is to be sent and the news that it is held; if it left, then while it did."""
    since = facts.heard_of("letter.planned", letter) - facts.sending
    until = facts.heard_of("letter.held", letter)
    if mail := _last_mail(facts, letter):
        since, until = max(since, mail.at - facts.sending), min(until, mail.at + facts.sending)
    return [
        harm
        for harm in facts.disturbances
        if (harm.to.startswith("notifier") and harm.kind.startswith((*GONE, *SLEPT))) or harm.to == "postgres"
        if harm.at <= until and (harm.until or harm.at) >= since
    ]


def _silences(facts: Facts, letter: LetterRow) -> list[Disturbance]:
    until = facts.heard_of("letter.held", letter)
    return [
        harm
        for harm in facts.disturbances
        if harm.to == "mail" and harm.kind.startswith(("fault hang", "fault die")) and harm.at <= until
    ]


def _last_mail(facts: Facts, letter: LetterRow) -> Mail | None:
    taken = [mail for mail in facts.mails if mail.message_id == letter.message_id]
    return max(taken, key=lambda mail: mail.at, default=None)


def _left_over(causes: Mapping[str, Sequence[Disturbance]], most: Callable[[Disturbance], int]) -> set[str]:
    """Those that find no harm, when each harm explains so many at most."""
    explains: dict[int, list[str]] = {}

    def find(name: str, tried: set[int]) -> bool:
        for harm in causes[name]:
            taken = explains.setdefault(id(harm), [])
            if id(harm) in tried:
                continue
            tried.add(id(harm))
            if len(taken) < most(harm):
                taken.append(name)
                return True
            if other := next((other for other in taken if find(other, tried)), None):
                taken[taken.index(other)] = name
                return True
        return False

    return {name for name in causes if not find(name, set())}


# --- dead letters -----------------------------------------------------------------------------------------------------
def every_dead_letter_is_explained(facts: Facts) -> Iterator[str]:
    """A message gives up when what it needs was taken away at each of its tries; never because of what it says."""
    for row in facts.failed:
        explanation = next((explains for word, explains in EXPLANATIONS.items() if word in row.cause), None)
        if explanation is None or not explanation(facts, row):
            yield f"dead letter {row.id}: {row.type} in {row.queue}, {row.cause}"


def _came_back_too_often(facts: Facts, row: FailedRow) -> bool:
    """Each time its worker, or the line on which it was in hand, was lost."""
    harms = (d for d in facts.disturbances if _is_worker(d, row, GONE) or _is_broker(d) or d.to == "postgres")
    return sum(1 for _ in harms) > topology.LIMIT


def _slept_at_each_try(facts: Facts, row: FailedRow) -> bool:
    tries = [tried.at for tried in facts.tries if tried.event_id == row.event_id]
    naps = [d for d in facts.disturbances if _is_worker(d, row, SLEPT) or d.to == "postgres"]
    return bool(tries) and all(any(_is_during(nap, at) for nap in naps) for at in tries)


def _no_line_for_its_retry(facts: Facts, row: FailedRow) -> bool:
    last = max((tried.at for tried in facts.tries if tried.event_id == row.event_id), default=None)
    return last is not None and any(_is_broker(d) and _is_during(d, last) for d in facts.disturbances)


def _is_worker(harm: Disturbance, row: FailedRow, kinds: tuple[str, ...]) -> bool:
    return harm.to.split(maxsplit=1)[0] == row.queue.split(".")[0] and harm.kind.startswith(kinds)


def _is_broker(harm: Disturbance) -> bool:
    return harm.to == "broker" or harm.kind.startswith(LINES)


def _is_during(harm: Disturbance, at: datetime) -> bool:
    return harm.at <= at <= (harm.until or harm.at) + AFTERMATH


EXPLANATIONS: Mapping[str, Callable[[Facts, FailedRow], bool]] = {
    "delivery_limit": _came_back_too_often,
    "TimeLimitExceeded": _slept_at_each_try,
    "rejected by": _no_line_for_its_retry,
}
