"""What a company may answer, and what comes of it; pure.

Dunning decides; these rules foresee what it will make of answers that it has not heard yet, so that a page shows
what the company has said from the moment it has said it.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from common.links import AnswerChoice

OVER = ("settled", "cancelled")
RUNNING = ("running", "checking", "collecting_fees", "escalated")  # stages that can be paused
_FIRST_TO_LAST: tuple[AnswerChoice, ...] = (
    "start",
    "resume",
    "collect",
    "cover",
    "received",
    "pause",
    "stop",
    "waive",
)
_SO = {  # the stages in which an answer says what is so already
    "start": ("running", "checking"),
    "resume": ("running", "checking", "collecting_fees"),
    "pause": ("paused",),
    "stop": ("cancelled",),
}


class NoLongerPossible(Exception):
    """What was chosen can't be done any more."""


@dataclass(frozen=True)
class Standing:
    """Where a procedure stands. `is_owed`: something is outstanding; `is_overdue`: and its due date has passed."""

    stage: str
    reason: str
    is_overdue: bool
    is_owed: bool

    def moved(self, stage: str, reason: str = "") -> "Standing":
        return replace(self, stage=stage, reason=reason)

    @property
    def is_fees_alone(self) -> bool:
        return self.stage == "collecting_fees" or (self.stage == "paused" and not self.is_owed)

    @property
    def is_waived(self) -> bool:
        """The company wrote the rest off, and claims nothing more, whatever the ERP calls outstanding."""
        return (self.stage, self.reason) == ("settled", "waived")

    def resumed(self) -> "Standing":
        """As it goes on after a pause: with the principal, or with the fees alone."""
        return self.moved("running" if self.is_owed else "collecting_fees")


def after(standing: Standing, choice: str) -> Standing:
    """Stop always wins while anything could still be sent; start works while the invoice is overdue, also while the
    company fetches and asks about nothing (`Company.paused`): that holds back questions and silence, not its word. The
    pause of one procedure lasts until the company ends it; to waive is to write off the rest.
    """
    match choice, standing.stage, standing.reason:
        case "stop", stage, _ if stage not in OVER:
            return standing.moved("cancelled", "stopped")
        case "waive", stage, _ if stage not in OVER:
            return standing.moved("settled", "waived")
        case "pause", stage, _ if stage in (*RUNNING, "paused"):
            return standing.moved("paused", "company")
        case "resume", "paused", _:
            return standing.resumed()
        case ("start", "awaiting_decision", _) | ("start", "cancelled", "stopped") if standing.is_overdue:
            return standing.moved("running")
        case "cover", _, _ if standing.is_fees_alone:
            return standing.moved("settled", "covered")
        case "received", _, _ if standing.is_fees_alone:
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
    """The choices that would change something. To collect the fees may also be said to be what is happening. What waits
    for an answer to a dispute needs no pause, nor what is ready for debt collection: nothing more is sent.
    """
    return tuple(
        choice
        for choice in _FIRST_TO_LAST
        if (after(standing, choice) != standing and not (choice == "pause" and _is_still(standing)))
        or (choice == "collect" != newest and standing.stage == "collecting_fees")
    )


def _is_still(standing: Standing) -> bool:
    """Whether nothing is sent, whatever the company says or doesn't."""
    return standing.reason == "disputed" or standing.stage == "escalated"


def is_news(standing: Standing, newest: str | None, choice: AnswerChoice) -> bool:
    """Whether this answer is to be written down; False for a repeat. Raises NoLongerPossible."""
    if choice in offered(standing, newest):
        return True
    if choice == newest or _is_so(standing, choice):
        return False
    raise NoLongerPossible(NoLongerPossible.__doc__)


def _is_so(standing: Standing, choice: AnswerChoice) -> bool:
    if choice == "waive":
        return standing.reason == "waived"
    return standing.stage in _SO.get(choice, ())
