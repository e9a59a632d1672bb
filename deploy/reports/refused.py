"""What `rykker letters refused` tells: companies that were not asked, because their mail is refused."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from common.tables import Company
from notifier import refused


@dataclass(frozen=True, kw_only=True)
class NotAsked:
    """A company, the invoices that it was not asked about, and why; `again`: its next fetch asks about some of them."""

    company: str
    name: str
    email: str
    invoices: list[str]
    reason: str
    again: bool


def not_asked() -> list[NotAsked]:
    """Company by company. Needs a connection."""
    questions = sorted(refused.questions(), key=_company)
    return [_shown(cvr, list(group)) for cvr, group in groupby(questions, key=_company)]


def _company(question: Any) -> str:
    return str(question.company)


def _shown(cvr: str, questions: Sequence[Any]) -> NotAsked:
    company = Company.get_by_id(cvr)
    return NotAsked(
        company=cvr,
        name=company.name,
        email=company.email,
        invoices=[question.procedure.invoice_number for question in questions],
        reason=questions[-1].letter.reason,
        again=any(refused.is_asked_again(question, company.email) for question in questions),
    )
