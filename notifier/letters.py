"""What each letter says, and to whom; pure. Its words are in templates/, one file a letter and language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid5

from common import events as e
from common.links import AnswerChoice, AnswerLink, DigestLink, PortalLinks
from common.money import ZERO
from notifier.facts import Case, Creditor
from notifier.words import plain

CHANNEL = "email"
TIME_TO_PAY = timedelta(days=10)  # that a reminder gives
LISTED = 50  # invoices in the mail of a digest; its page lists them all


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A letter before it is written. `about`, kind, step and attempt make it one and the same letter."""

    kind: e.LetterKind
    creditor: Creditor
    about: str
    step: int = 0
    attempt: int = 0
    procedure_id: str | None = None
    to_debtor: bool = False
    recipient: str
    outstanding: Decimal = ZERO
    says: Mapping[str, Any]

    @property
    def id(self) -> str:
        return letter_id(self.about, self.kind, self.step, self.attempt)


def letter_id(about: str, kind: e.LetterKind, step: int = 0, attempt: int = 0) -> str:
    return str(uuid5(e.NAMESPACE, f"{about}/{kind}/{step}/{attempt}/{CHANNEL}"))


# --- the question ----------------------------------------------------------------------------------------------------
def notice(case: Case, links: PortalLinks, today: date, attempt: int = 0) -> Draft:
    """One invoice is overdue: shall it be dunned? `attempt` counts the notices that were refused."""
    start, stop = (_answer(case, choice, links) for choice in ("start", "stop"))
    starts_on = case.claim.starts_on(today)
    says = {"today": today, "starts_on": starts_on, "start": start, "stop": stop}
    return _to_company("notice", case, says, attempt=attempt)


@dataclass(frozen=True, kw_only=True)
class Batch:
    """The invoices of one digest: the first of `count`, which come to `outstanding`."""

    id: str
    attempt: int
    first: Sequence[Case]
    count: int
    outstanding: Decimal


def digest(batch: Batch, links: PortalLinks, today: date) -> Draft:
    """Many invoices are overdue: which shall be dunned?"""
    creditor = batch.first[0].creditor
    link = DigestLink(creditor.cvr, letter_id(batch.id, "digest", attempt=batch.attempt))
    says = {
        "count": batch.count,
        "outstanding": batch.outstanding,
        "entries": [(c.claim, _answer(c, "start", links), _answer(c, "stop", links)) for c in batch.first[:LISTED]],
        "more": batch.count - min(len(batch.first), LISTED),
        "starts_on": batch.first[0].claim.starts_on(today),
        "list": links.digest(link),
    }
    return Draft(
        kind="digest",
        creditor=creditor,
        about=batch.id,
        attempt=batch.attempt,
        recipient=creditor.email,
        says=says,
    )


# --- on the way ------------------------------------------------------------------------------------------------------
def started(case: Case, event: e.ProcedureStarted, links: PortalLinks, today: date) -> Draft:
    stop, next_on = _answer(case, "stop", links), case.claim.next_reminder_on(today)
    says = {"by": event.by, "stop": stop, "next_on": next_on, "today": today}
    return _to_company("started", case, says, attempt=event.procedure_version)


def reminder(case: Case, event: e.ReminderIssued, today: date) -> Draft:
    """To the debtor: what he owes, principal and fees apart, and how to pay. The amounts are those of the event."""
    claim = case.claim
    return Draft(
        kind="reminder",
        creditor=case.creditor,
        about=claim.procedure_id,
        step=event.step,
        attempt=event.attempt,
        procedure_id=claim.procedure_id,
        to_debtor=True,
        recipient=claim.email or "",
        outstanding=event.outstanding,
        says={
            "claim": claim,
            "step": event.step,
            "is_last": event.step >= claim.reminders,
            "outstanding": event.outstanding,
            "paid": claim.amount - event.outstanding,
            "fee": event.fee,
            "earlier_fees": event.fees - event.fee,
            "fees": event.fees,
            "total": event.outstanding + event.fees,
            "pay_by": today + TIME_TO_PAY,
        },
    )


def debtor_unreachable(case: Case, event: e.DebtorUnreachable, links: PortalLinks) -> Draft:
    says = {"stop": _answer(case, "stop", links)}
    return _to_company("debtor_unreachable", case, says, step=event.step, attempt=event.attempt)


def letter_failed(case: Case, event: e.LetterFailed, address: str, links: PortalLinks) -> Draft:
    """A letter to the debtor came back."""
    says = {"stop": _answer(case, "stop", links), "address": plain(address), "reason": plain(event.reason)}
    return _to_company("letter_failed", case, says, step=event.step, attempt=event.attempt)


# --- the end ---------------------------------------------------------------------------------------------------------
def fees_open(case: Case, event: e.ProcedureCollectingFees, links: PortalLinks) -> Draft:
    collect, cover, received = (_answer(case, choice, links) for choice in ("collect", "cover", "received"))
    says = {"fees": event.fees, "collect": collect, "cover": cover, "received": received}
    return _to_company("fees_open", case, says, attempt=event.procedure_version)


def settled(case: Case, event: e.ProcedureSettled, links: PortalLinks) -> Draft:
    collect = _answer(case, "collect", links)
    says = {"reason": event.reason, "covered": event.covered, "collect": collect}
    return _to_company("settled", case, says, attempt=event.procedure_version)


def escalated(case: Case, event: e.ProcedureEscalated) -> Draft:
    says = {"outstanding": event.outstanding, "fees": event.fees, "total": event.outstanding + event.fees}
    return _to_company("escalated", case, says, attempt=event.procedure_version)


# --- the company's own affairs ---------------------------------------------------------------------------------------
def key_refused(creditor: Creditor, event: e.FetchFailed, portal: str) -> Draft:
    """Once for each key."""
    says = {"reason": event.reason, "portal": portal}
    return Draft(
        kind="key_refused",
        creditor=creditor,
        about=creditor.cvr,
        step=event.key_no,
        recipient=creditor.email,
        says=says,
    )


def _to_company(kind: e.LetterKind, case: Case, says: Mapping[str, Any], *, step: int = 0, attempt: int = 0) -> Draft:
    claim = case.claim
    return Draft(
        kind=kind,
        creditor=case.creditor,
        about=claim.procedure_id,
        step=step,
        attempt=attempt,
        procedure_id=claim.procedure_id,
        recipient=case.creditor.email,
        outstanding=claim.outstanding,
        says={"claim": claim, "step": step, **says},
    )


def _answer(case: Case, choice: AnswerChoice, links: PortalLinks) -> str:
    return links.answer(AnswerLink(case.creditor.cvr, case.claim.procedure_id, choice))
