"""What a company may answer, and what comes of it; pure.

Dunning decides; these rules foresee what it will make of answers that it has not heard yet, so that a page shows
what the company has said from the moment it has said it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from common.links import AnswerChoice

OVER = ("settled", "cancelled")
_FIRST_TO_LAST: tuple[AnswerChoice, ...] = ("start", "collect", "cover", "received", "stop")


class NoLongerPossible(Exception):
    """What was chosen can't be done any more."""


@dataclass(frozen=True)
class Standing:
    """Where a procedure stands. `is_overdue`: something is outstanding, and its due date has passed."""

    stage: str
    reason: str
    is_overdue: bool

    def moved(self, stage: str, reason: str = "") -> "Standing":
        return Standing(stage, reason, self.is_overdue)


def after(standing: Standing, choice: str) -> Standing:
    """Stop always wins while anything could still be sent; start works while the invoice is overdue."""
    match choice, standing.stage, standing.reason:
        case "stop", stage, _ if stage not in OVER:
            return standing.moved("cancelled", "stopped")
        case ("start", "awaiting_decision", _) | ("start", "cancelled", "stopped") if standing.is_overdue:
            return standing.moved("running")
        case "cover", "collecting_fees", _:
            return standing.moved("settled", "covered")
        case "received", "collecting_fees", _:
            return standing.moved("settled", "fees_paid")
        case "collect", "settled", "covered":
            return standing.moved("collecting_fees")
    return standing


def foreseen(standing: Standing, unheard: Iterable[str]) -> Standing:
    """Where it stands once dunning has heard these answers, oldest first."""
    for choice in unheard:
        standing = after(standing, choice)
    return standing


def offered(standing: Standing, newest: str | None) -> tuple[AnswerChoice, ...]:
    """The choices that would change something. To collect the fees may also be said to be what is happening."""
    return tuple(
        choice
        for choice in _FIRST_TO_LAST
        if after(standing, choice) != standing
        or (choice == "collect" != newest and standing.stage == "collecting_fees")
    )


def is_news(standing: Standing, newest: str | None, choice: AnswerChoice) -> bool:
    """Whether this answer is to be written down; False for a repeat. Raises NoLongerPossible."""
    if choice in offered(standing, newest):
        return True
    if choice == newest or _is_so(standing, choice):
        return False
    raise NoLongerPossible(NoLongerPossible.__doc__)


def _is_so(standing: Standing, choice: AnswerChoice) -> bool:
    return (choice, standing.stage) in (("start", "running"), ("start", "checking"), ("stop", "cancelled"))
