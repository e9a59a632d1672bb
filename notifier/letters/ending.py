"""What the company is told when the principal is paid, or when it is over; pure."""

from typing import Any

from common import events as e
from common.links import PortalLinks
from notifier.facts import Case
from notifier.letters.draft import Draft, about_claim, answers
from notifier.words import plain


def fees_open(case: Case, event: e.ProcedureCollectingFees, links: PortalLinks) -> Draft:
    """The principal is paid: what shall become of the rest?"""
    says = {**_charges(event), **answers(case, links, "collect", "cover", "received")}
    return about_claim("fees_open", case, says, attempt=event.procedure_version)


def fees_unpaid(case: Case, event: e.FeesUnpaid, links: PortalLinks) -> Draft:
    """Letters that asked for the rest brought nothing: the company decides."""
    says = {**_charges(event), **answers(case, links, "cover", "received", "waive", "stop")}
    return about_claim("fees_unpaid", case, says, attempt=event.procedure_version)


def _charges(event: e.ProcedureCollectingFees | e.FeesUnpaid) -> dict[str, Any]:
    return {
        "fees": event.fees,
        "interest": event.interest,
        "compensation": event.compensation,
        "total": event.fees + event.interest + event.compensation,
    }


def settled(case: Case, event: e.ProcedureSettled, links: PortalLinks) -> Draft:
    says = {
        "reason": event.reason,
        "covered": event.covered,
        "costs": event.costs,
        "waived": event.waived,
        "surplus": event.surplus,
        **answers(case, links, "collect"),
    }
    return about_claim("settled", case, says, attempt=event.procedure_version)


def escalated(case: Case, event: e.ProcedureEscalated, links: PortalLinks) -> Draft:
    """Ready for debt collection, with all that a collector needs. What an older event lacks is as the ERP has it."""
    claim = case.claim
    amounts = (event.outstanding, event.fees, event.interest, event.compensation)
    says = {
        "debtor": _debtor(event.debtor),
        "issued_on": event.issued_on or claim.issued_on,
        "due_on": event.due_on or claim.due_on,
        "amount": event.amount or claim.amount,
        "paid": event.paid if event.amount else claim.paid,
        "outstanding": event.outstanding,
        "fees": event.fees,
        "interest": event.interest,
        "interest_until": event.interest_until,
        "compensation": event.compensation,
        "collection_fee": event.collection_fee,
        "total": sum(amounts),
        "reminders": event.reminders or claim.step,
        "warned_on": event.warned_on,
        "pay_by": event.pay_by,
        "disputed": event.disputed,
        **answers(case, links, "stop", "waive"),
    }
    return about_claim("escalated", case, says, attempt=event.procedure_version)


def _debtor(debtor: e.Debtor | None) -> dict[str, str] | None:
    """Who owes, in texts that are safe to show."""
    if debtor is None:
        return None
    town = f"{debtor.postal_code} {debtor.city}".strip()
    where = ", ".join(part for part in (plain(debtor.address), plain(town)) if part)
    texts = {name: plain(getattr(debtor, name)) for name in ("name", "cvr", "email", "customer_number")}
    return texts | {"where": where}
