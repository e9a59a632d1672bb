"""A letter before it is written; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid5

from common import events as e
from common.links import AnswerChoice, AnswerLink, PortalLinks
from common.money import ZERO
from notifier.facts import Case, Creditor

CHANNEL = "email"


@dataclass(frozen=True, kw_only=True)
class Draft:
    """`about`, kind, step and attempt make it one and the same letter.

    Of a letter to a debtor: the principal (`outstanding`) and the `charges` that it asks for, and the date that it
    gives, if the law wants ten days from sending.
    """

    kind: e.LetterKind
    creditor: Creditor
    about: str
    step: int = 0
    attempt: int = 0
    procedure_id: str | None = None
    to_debtor: bool = False
    recipient: str
    outstanding: Decimal = ZERO
    charges: Decimal = ZERO
    pay_by: date | None = None
    says: Mapping[str, Any]

    @property
    def id(self) -> str:
        return letter_id(self.about, self.kind, self.step, self.attempt)


def letter_id(about: str, kind: e.LetterKind, step: int = 0, attempt: int = 0) -> str:
    return str(uuid5(e.NAMESPACE, f"{about}/{kind}/{step}/{attempt}/{CHANNEL}"))


def about_claim(
    kind: e.LetterKind, case: Case, says: Mapping[str, Any], *, step: int = 0, attempt: int = 0, about: str = ""
) -> Draft:
    """To the company, about one invoice; `about` is the procedure, or the letter of which it tells."""
    claim = case.claim
    return Draft(
        kind=kind,
        creditor=case.creditor,
        about=about or claim.procedure_id,
        step=step,
        attempt=attempt,
        procedure_id=claim.procedure_id,
        recipient=case.creditor.email,
        outstanding=claim.outstanding,
        says={"claim": claim, "step": step, **says},
    )


def answers(case: Case, links: PortalLinks, *choices: AnswerChoice) -> dict[str, str]:
    """The choices that a mail offers, each with its link."""
    return {choice: links.answer(AnswerLink(case.creditor.cvr, case.claim.procedure_id, choice)) for choice in choices}
