"""Letters to the debtor: what he owes, of what it is made, how and until when to pay, and where to object; pure.

All amounts are those of the event; the page that each letter leads to shows the same ledger.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from common import events as e
from common.links import ClaimLink, PortalLinks
from common.money import ZERO
from notifier.facts import Case
from notifier.letters.draft import Draft

TIME_TO_PAY = timedelta(days=10)  # that a letter gives whose event names no date
Kind = Literal["reminder", "collection_notice", "fee_reminder"]


@dataclass(frozen=True, kw_only=True)
class Beside:
    """What such a letter needs beside its event: links, the date, and the day to which the interest in it runs."""

    links: PortalLinks
    today: date
    interest_until: date | None = None


def reminder(case: Case, event: e.ReminderIssued, beside: Beside) -> Draft:
    """Reminder (rykkerskrivelse), renteloven § 9 b; as collection notice, it is the last warning, too."""
    own = min(event.fee, event.fees)
    before_on = None if event.attempt else case.claim.last_reminder_on  # the last one may never have arrived
    says = {"is_last": event.step >= case.claim.reminders, "fee": own, "earlier_fees": event.fees - own}
    says |= {"before_on": before_on}
    return _to_debtor("reminder", case, event, beside, says, warns=event.collection_notice)


def collection_notice(case: Case, event: e.CollectionNoticeIssued, beside: Beside) -> Draft:
    """Collection notice (påkravsskrivelse), inkassoloven § 10, by itself."""
    says = {"fee": ZERO, "earlier_fees": event.fees}
    return _to_debtor("collection_notice", case, event, beside, says, warns=True)


def fee_reminder(case: Case, event: e.FeeReminderIssued, beside: Beside) -> Draft:
    """The invoice is paid: only what was charged beside it is asked for."""
    says = {"fee": ZERO, "earlier_fees": event.fees}
    return _to_debtor("fee_reminder", case, event, beside, says, warns=False)


def _to_debtor(
    kind: Kind, case: Case, event: e.ClaimEvent, beside: Beside, says: Mapping[str, Any], *, warns: bool
) -> Draft:
    claim, pay_by = case.claim, event.pay_by or beside.today + TIME_TO_PAY
    return Draft(
        kind=kind,
        creditor=case.creditor,
        about=claim.procedure_id,
        step=event.step,
        attempt=event.attempt,
        procedure_id=claim.procedure_id,
        to_debtor=True,
        recipient=claim.email or "",
        outstanding=event.outstanding,
        charges=event.total - event.outstanding,
        pay_by=pay_by if warns else None,
        says={
            "claim": claim,
            "step": event.step,
            "warns": warns,
            "pay_by": pay_by,
            "page": beside.links.claim(ClaimLink(case.creditor.cvr, claim.procedure_id)),
            **_sums(case, event, beside),
            **says,
        },
    )


def _sums(case: Case, event: e.ClaimEvent, beside: Beside) -> dict[str, Any]:
    return {
        "outstanding": event.outstanding,
        "paid": max(case.claim.amount - event.outstanding, ZERO),
        "fees": event.fees,
        "interest": event.interest,
        "interest_until": beside.interest_until,
        "compensation": event.compensation,
        "total": event.total,
    }
