"""What a debtor said, and what that means now; pure."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from common import events as e
from common.links import AnswerChoice, PortalLinks
from notifier.facts import OVER, Case, Claim
from notifier.letters.draft import Draft, about_claim, answers

Meaning = Literal["over", "asking", "paused", "until", "soon", "goes_on"]


@dataclass(frozen=True, kw_only=True)
class Said:
    """A debtor's words through the page of his claim, cleaned. `heard`: dunning knows of it."""

    kind: e.ObjectionKind
    words: tuple[str, ...] = ()
    paid_on: date | None = None
    reference: str = ""
    phone: str = ""
    heard: bool = True


def objection(case: Case, event: e.ObjectionRaised, said: Said, links: PortalLinks) -> Draft:
    now = meaning(case.claim, said)
    says = {"said": said, "meaning": now, "answers": answers(case, links, *_choices(said.kind, now))}
    return about_claim("objection", case, says, attempt=event.objection_no)


def meaning(claim: Claim, said: Said) -> Meaning:
    """A dispute pauses until the company answers; the word that it is paid, until a date, once."""
    if claim.stage in OVER:
        return "over"
    if claim.stage == "awaiting_decision":
        return "asking"
    if said.kind == "paid" and claim.paused_until and claim.pause == "said_paid":
        return "until"
    if said.kind == "paid" and not (said.heard or claim.paused_until or claim.stage == "paused"):
        return "soon"
    return "paused" if said.kind == "dispute" or claim.stage == "paused" else "goes_on"


def _choices(kind: e.ObjectionKind, now: Meaning) -> tuple[AnswerChoice, ...]:
    if now == "over":
        return ()
    if now == "asking":
        return "start", "stop"
    if now == "goes_on":
        return "pause", "stop"
    return ("resume", "stop", "waive") if kind == "dispute" else ("resume", "stop")
