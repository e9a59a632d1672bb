"""When the next thing happens; pure. Deadlines fall due when offices open on their date (Copenhagen)."""

from datetime import date, datetime, timedelta

from common.calendar import add_banking_days, office_opens
from dunning.policy import Policy

SHORTEST_GAP = 10  # days; renteloven § 9 b, stk. 2: fees only for letters "sendt med mindst 10 dages mellemrum"


def starts_on(notified_on: date, policy: Policy) -> date | None:
    """The date on which silence becomes a start; None if silence never does."""
    return add_banking_days(notified_on, policy.start_days) if policy.silence == "start" else None


def next_reminder_on(last_reminder_on: date | None, due_on: date, policy: Policy) -> date:
    """The earliest date of the next reminder: after the due date, and days after the day on which the last was sent.

    Sent on 1 January, the next fee on 11 January.
    """
    if last_reminder_on is None:
        return due_on + timedelta(days=1)
    gap = timedelta(days=max(SHORTEST_GAP, policy.days_between))
    return max(due_on + timedelta(days=1), last_reminder_on + gap)


def tomorrow(today: date) -> datetime:
    return office_opens(today + timedelta(days=1))


def next_banking_morning(today: date) -> datetime:
    return office_opens(add_banking_days(today, 1))
