"""What the company is told on the way; pure."""

from datetime import date

from common import events as e
from common.links import PortalLinks
from notifier.facts import Case
from notifier.letters.draft import Draft, about_claim, answers
from notifier.words import plain


def started(case: Case, event: e.ProcedureStarted, links: PortalLinks, today: date) -> Draft:
    next_on = case.claim.next_reminder_on(today)
    says = {"by": event.by, "next_on": next_on, "today": today, **answers(case, links, "stop")}
    return about_claim("started", case, says, attempt=event.procedure_version)


def debtor_unreachable(case: Case, event: e.DebtorUnreachable, links: PortalLinks) -> Draft:
    """The next letter is the collection notice once all reminders were sent."""
    letter = "reminder" if event.step <= case.claim.reminders else "collection_notice"
    says = {"letter": letter, **answers(case, links, "stop")}
    return about_claim("debtor_unreachable", case, says, step=event.step, attempt=event.attempt)


def letter_failed(case: Case, event: e.LetterFailed, address: str, links: PortalLinks) -> Draft:
    """A letter to the debtor was refused."""
    says = {"letter": event.kind, "address": plain(address), "reason": plain(event.reason)}
    says |= answers(case, links, "stop")
    return about_claim("letter_failed", case, says, step=event.step, attempt=event.attempt)


def letter_bounced(case: Case, event: e.LetterBounced, address: str, links: PortalLinks) -> Draft:
    """A letter to the debtor was taken, and came back: told once for each letter."""
    says = {"letter": event.kind, "address": plain(address), "reason": plain(event.reason or event.status)}
    says |= answers(case, links, "stop")
    return about_claim("letter_bounced", case, says, step=event.step, about=event.letter_id)
