"""What a debtor may say about a claim, and what comes of it; pure.

As in standing.py, dunning decides, and these rules foresee it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from common.events import ObjectionKind
from decisions.standing import OVER, RUNNING, Standing
from decisions.standing import after as answered

MOST = 20  # objections of a debtor in a procedure; a person who has more to say writes to the creditor


class NothingLeftToSay(Exception):
    """The claim is over, or this can't be said of it."""


class SaidTooOften(Exception):
    """He has said as much as he may say here."""


@dataclass(frozen=True)
class Position:
    """Where a claim stands for its debtor. `has_waited`: its letters have waited once for a payment that he told of."""

    standing: Standing
    is_disputed: bool
    has_waited: bool

    @property
    def is_over(self) -> bool:
        return self.standing.stage in OVER

    @property
    def waits_for_answer(self) -> bool:
        """He has objected, and no letter is sent until the company has answered."""
        return self.is_disputed and (self.standing.stage, self.standing.reason) in _WAITING

    @property
    def waits_for_money(self) -> bool:
        return (self.standing.stage, self.standing.reason) == ("paused", "said_paid")

    @property
    def would_wait(self) -> bool:
        """Whether the word that he has paid holds the next letter; it does so once."""
        return self.standing.stage in RUNNING and not self.has_waited


_WAITING = (("paused", "disputed"), ("paused", "company"), ("awaiting_decision", ""))


def after(position: Position, word: str) -> Position:
    """`word`: what the debtor or the company said."""
    match word, position.standing.stage:
        case "dispute", stage:
            standing = position.standing
            is_quiet = stage in ("awaiting_decision", *OVER) or (stage, standing.reason) == ("paused", "company")
            held = standing if is_quiet else standing.moved("paused", "disputed")
            return replace(position, standing=held, is_disputed=True)
        case "paid", _ if position.would_wait:
            return replace(position, standing=position.standing.moved("paused", "said_paid"), has_waited=True)
        case "withdraw", stage if position.is_disputed:
            standing = position.standing
            goes_on = standing.resumed() if (stage, standing.reason) == ("paused", "disputed") else standing
            return replace(position, standing=goes_on, is_disputed=False)
    return replace(position, standing=answered(position.standing, word))


def foreseen(position: Position, unheard: Iterable[str]) -> Position:
    """Where it stands once dunning has heard all this, oldest first."""
    for word in unheard:
        position = after(position, word)
    return position


def offered(position: Position, count: int) -> tuple[ObjectionKind, ...]:
    """What he may say, having said `count` things."""
    if position.is_over or count >= MOST:
        return ()
    is_paused = position.waits_for_answer and position.standing.stage == "paused"
    return ("dispute", "paid", "call", "withdraw") if is_paused else ("dispute", "paid", "call")


def noted(position: Position, *, is_own: bool) -> tuple[ObjectionKind, ...]:
    """What his company may write down for him: that he objects, and, if that was its own word (`is_own`), that he no
    longer does. What he said himself only he takes back: the company answers it.
    """
    if position.is_over:
        return ()
    if position.waits_for_answer:
        return ("withdraw",) if is_own else ()
    return ("dispute",)


def check_noted(position: Position, kind: ObjectionKind, *, is_own: bool) -> bool:
    """Whether it is to be written down; False for what is so already. Raises NothingLeftToSay."""
    if kind in noted(position, is_own=is_own):
        return True
    is_so = position.waits_for_answer if kind == "dispute" else not position.is_disputed
    if position.is_over or not is_so:
        raise NothingLeftToSay(NothingLeftToSay.__doc__)
    return False


def is_repeat(position: Position, kind: ObjectionKind) -> bool:
    """Whether the very words that he said last say nothing new: what they asked for is still so."""
    return kind != "dispute" or position.waits_for_answer or position.is_over


def check(position: Position, kind: ObjectionKind, count: int) -> None:
    """Raises SaidTooOften and NothingLeftToSay."""
    if count >= MOST and not position.is_over:
        raise SaidTooOften(SaidTooOften.__doc__)
    if kind not in offered(position, count):
        raise NothingLeftToSay(NothingLeftToSay.__doc__)
