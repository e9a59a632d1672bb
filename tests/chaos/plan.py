"""What is done, when and to whom: a pure function of a seed and a number of seconds.

Life goes on (invoices come, are answered, paid, reversed, credited; days pass) while harm is done to everything.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import count, cycle
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")
KINDS_OF_WORKER = ("scheduler", "fetcher", "dunning", "notifier")
PROCESSES = (*KINDS_OF_WORKER, *(f"{kind} 2" for kind in KINDS_OF_WORKER), "decisions")
COMPANIES = 3
AT_ONCE = 14  # invoices that are there from the first second on
INVOICE_EVERY = 1.2  # seconds, from then on
CALM = 2.0  # seconds before the first harm; the town then waits until all are asked, so that there is life to break
SOONEST = 4.0  # seconds after its birth that people care for an invoice: it must be found and asked about first
QUIET_END = 2.0  # seconds without new harm, so that every harm falls into the time that was asked for
AMBUSH = 10.0  # seconds to wait for a reminder on its way, and kill who sends it
LEAST = 20  # seconds in which something can happen at all


@dataclass(frozen=True, order=True)
class Action:
    """At `at` (seconds since the beginning) `kind` is done to `to`; `size` is seconds, kroner or days."""

    at: float
    kind: str
    to: str
    size: float = 0.0
    word: str = ""
    way: str = ""  # of an answer: by the link of a mail, or behind the login of the portal


STORIES: tuple[tuple[tuple[str, str], ...], ...] = (
    (),  # silence, until a debt collector takes over
    (),
    (("answer", "start"),),
    (("answer", "stop"),),
    (("answer", "start"), ("answer", "stop")),
    (("answer", "stop"), ("answer", "start")),
    (("answer", "start"), ("answer", "start")),
    (("answer", "start"), ("answer", "pause"), ("answer", "resume")),
    (("answer", "start"), ("answer", "waive")),
    (("answer", "start"), ("object", "dispute"), ("answer", "resume")),
    (("answer", "start"), ("object", "dispute"), ("object", "withdraw")),
    (("answer", "start"), ("object", "paid")),
    (("answer", "start"), ("note", "dispute"), ("note", "withdraw")),
    (("answer", "start"), ("note", "dispute"), ("answer", "resume")),
    (("answer", "start"), ("bounce", "")),
    (("pay", ""),),
    (("answer", "start"), ("pay", "")),
    (("pay part", ""), ("pay", "")),
    (("overpay", ""),),
    (("credit", ""),),
    (("pay", ""), ("reverse", "")),
    (("answer", "start"), ("pay", ""), ("reverse", ""), ("pay", "")),
)
WAYS = ("link", "portal")
OPERATOR = "operator"
FIRMS = tuple(f"firm {number}" for number in range(COMPANIES))
SAVED = ("fee", "letterhead")  # choices that a company changes
VISITS = {"look": (1.5, 3.0), "fetch now": (4.0, 8.0), "save": (3.0, 6.0), "leave": (8.0, 16.0)}  # seconds apart
ERP_FAULTS = ("429", "500", "slow", "cut", "malformed")
MAIL_FAULTS = ("4xx", "4xx at data", "5xx", "slow", "hang", "die after 250, unheard", "die after 250, heard")


def plan(seed: int, seconds: float) -> list[Action]:
    """The actions of such a run, in order. Raises ValueError for less than 20 seconds."""
    if seconds < LEAST:
        raise ValueError(f"chaos needs at least {LEAST} seconds; {seconds:g} is too short for anything to happen")
    random = Random(seed)
    life, inside = [*_life(random, seconds)], Random(f"{seed} behind the login")
    return sorted([*_ways(inside, life), *_visits(inside, seconds), *_days(random, seconds), *_harm(random, seconds)])


def _life(random: Random, seconds: float) -> Iterator[Action]:
    bag = _Bag(random, STORIES)
    for number in count():
        born = max(0, number - AT_ONCE) * INVOICE_EVERY * random.uniform(0.8, 1.0)
        if born > seconds * 0.7:
            return
        yield Action(born, "invoice", str(number), float(random.randrange(300, 5000)), str(number % COMPANIES))
        times = sorted(random.uniform(min(born + SOONEST, seconds - 1), seconds) for _ in range(4))
        for at, (kind, word) in zip(times, bag.draw(), strict=False):
            yield Action(at, kind, str(number), word=word)


def _ways(random: Random, life: Sequence[Action]) -> Iterator[Action]:
    """Of two answers one is by a link and one through the portal."""
    bag = _Bag(random, WAYS)
    for action in life:
        yield replace(action, way=bag.draw()) if action.kind == "answer" else action


def _visits(random: Random, seconds: float) -> Iterator[Action]:
    """What people do behind the login that is about no invoice."""
    for kind, (least, most) in VISITS.items():
        whose, at = _Bag(random, FIRMS if kind != "look" else (*FIRMS, OPERATOR)), CALM + random.uniform(0, least)
        while at < seconds - QUIET_END:
            word = random.choice(SAVED) if kind == "save" else ""
            yield Action(at, kind, whose.draw(), float(random.randint(50, 100)), word)
            at += random.uniform(least, most)


def _days(random: Random, seconds: float) -> Iterator[Action]:
    """A new morning brings fetches and reminders: now and then just then what carries them is lost."""
    at = CALM * 0.75
    troubles = cycle((("swallow all", "broker lines", 1.5), ("ambush", "notifier", AMBUSH)))
    while at < seconds - QUIET_END:
        yield Action(at, "days", "clock", float(random.randint(2, 5)))
        if at > CALM:
            kind, to, size = next(troubles)
            yield Action(at + 0.1, kind, to, min(size, seconds - at - 0.1))
        at += random.uniform(3, 7)
    yield Action(seconds, "days", "clock", 10.0)
    yield Action(seconds, "ambush", "notifier", 2 * AMBUSH)  # when all is quiet again: there are reminders by now


def _harm(random: Random, seconds: float) -> Iterator[Action]:
    bag, at = _Bag(random, _harms(random)), CALM
    while at < seconds - QUIET_END:
        kind, to, size, word = bag.draw()
        yield Action(at, kind, to, min(size, seconds - at), word)
        at += random.uniform(0.6, 1.4)


def _harms(random: Random) -> list[tuple[str, str, float, str]]:
    """One of each kind; what takes longer comes less often."""
    return [
        *(("kill", process, 0.0, "") for process in PROCESSES),
        *(("freeze", kind + random.choice(("", " 2")), random.uniform(2, 14), "") for kind in KINDS_OF_WORKER),
        *(("starve", process, random.uniform(4, 10), "") for process in random.sample(PROCESSES, 2)),
        *(("cut", "broker lines", 0.0, "") for _ in range(2)),
        ("stall", "broker lines", random.uniform(1, 4), ""),
        ("swallow all", "broker lines", random.uniform(1, 2), ""),
        ("swallow answers", "broker lines", random.uniform(0.5, 2), ""),
        ("restart", "broker", 0.0, random.choice(("kill -9", "stop"))),
        ("restart", "postgres", 0.0, random.choice(("kill -9", "stop"))),
        *(("fault", "erp", float(random.randint(1, 4)), fault) for fault in ERP_FAULTS),
        *(("fault", "mail", 1.0 if fault == "5xx" else float(random.randint(2, 6)), fault) for fault in MAIL_FAULTS),
    ]


class _Bag(Generic[T]):
    """Draws everything once in some order, then everything once more: no run is without a kind of harm."""

    def __init__(self, random: Random, items: Sequence[T]) -> None:
        self._random, self._items, self._left = random, items, list[T]()

    def draw(self) -> T:
        if not self._left:
            self._left = self._random.sample(self._items, len(self._items))
        return self._left.pop()
