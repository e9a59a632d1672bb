"""When the next thing happens; pure. Deadlines fall due when offices open on their date (Copenhagen)."""

from datetime import date, datetime, timedelta

from common.calendar import add_banking_days, falls_due, office_opens
from common.law import DAYS_BETWEEN
from dunning.policy import Policy

SLACK = timedelta(days=4)  # beyond what the law asks, for a mail server that takes a collection notice days later
SAID_PAID = 5  # banking days that a debtor's word of a payment holds the next letter


def overdue_on(due_on: date, policy: Policy) -> date:
    """The first day on which it is overdue: the one after it falls due."""
    return falls_due(due_on, policy.weekend_due) + timedelta(days=1)


def starts_on(notified_on: date, policy: Policy, due_on: date | None = None) -> date | None:
    """The date on which silence becomes a start, not before it is overdue; None if silence never does."""
    if policy.silence != "start":
        return None
    answered_on = add_banking_days(notified_on, policy.start_days)
    return max(answered_on, overdue_on(due_on, policy)) if due_on else answered_on


def next_reminder_on(last_reminder_on: date | None, due_on: date, policy: Policy) -> date:
    """The earliest date of the next reminder: when it is overdue, and days after the day on which the last was sent.

    Sent on 1 January, the next fee on 11 January.
    """
    earliest = overdue_on(due_on, policy)
    if last_reminder_on is None:
        return earliest
    return max(earliest, after_gap(last_reminder_on, policy))


def after_gap(day: date, policy: Policy) -> date:
    """The earliest date of another letter, after one on `day`."""
    return day + timedelta(days=max(DAYS_BETWEEN.on(day), policy.days_between))


def pay_by(today: date) -> date:
    """The date that a letter of today gives, if the law gives none: the last one on which no other letter can leave."""
    return today + timedelta(days=DAYS_BETWEEN.on(today) - 1)


def tomorrow(today: date) -> datetime:
    return office_opens(today + timedelta(days=1))


def next_banking_morning(today: date) -> datetime:
    return office_opens(add_banking_days(today, 1))
