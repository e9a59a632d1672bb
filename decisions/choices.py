"""What a company may choose: how each choice is checked, what it does, and the law that limits it. Pure."""

from dataclasses import dataclass
from typing import Any

from common import booking
from common.law import COLLECTION_FEE, DAYS_BETWEEN, REMINDER_FEE, REMINDERS
from decisions import values
from decisions.values import NotAllowed


@dataclass(frozen=True)
class Choice:
    """`means` is one sentence for the person who chooses; `law` the paragraph that limits it."""

    means: str
    check: values.Check
    law: str = ""

    def checked(self, value: Any) -> Any:
        """The value as it is stored. Raises NotAllowed, naming the paragraph if there is one."""
        try:
            return self.check(value)
        except NotAllowed as error:
            raise NotAllowed(f"{error} ({self.law})" if self.law else str(error)) from error


def _booking_days(value: Any) -> str:
    try:
        return str(booking.parse(str(value)))
    except booking.NoBookingDays as error:
        allowed = "weekdays (mon,thu), days of the month (1,15,last) or both with commas between, or empty"
        raise NotAllowed(allowed) from error


COMPANY = {
    "name": Choice("The company's name, as its customers know it.", values.text(1, 200)),
    "email": Choice(
        "Where it is asked and told; replies of debtors go there, too, unless it names another address.", values.email
    ),
    "language": Choice("The language of its mails and pages, da or en.", values.one_of("da", "en")),
    "payment_details": Choice(
        "How a debtor pays, in its own words, when there is no payment line, creditor number or account.",
        values.text(0, 500, lines=True),
    ),
    "fi_creditor": Choice(
        "Its creditor number for payment slips of type 73 (eight digits): they come before the bank account.",
        values.fi_creditor,
    ),
    "bank_account": Choice(
        "The account that a debtor pays into when the invoice has no payment line, such as 1234 0001234567.",
        values.bank_account,
    ),
    "reply_to": Choice("Where replies of debtors go, if not to its e-mail address.", values.optional(values.email)),
    "letterhead": Choice(
        "Lines that stand above what debtors get: name, address, telephone.", values.text(0, 500, lines=True)
    ),
    "fetch_at": Choice("When its invoices are fetched each day, HH:MM in Copenhagen.", values.time_of_day),
    "horizon_days": Choice(
        "The first fetch asks about no invoice that is overdue for longer than so many days.",
        values.whole(0, 3650, "days"),
    ),
    "wait_days": Choice(
        "So many banking days (0 to 30) pass from the due date to the question.", values.whole(0, 30, "banking days")
    ),
    "digest": Choice("Ask about all new invoices in one mail a day, yes or no.", values.yes_or_no),
}

POLICY = {
    "paused": Choice("Invoices are listed, but nothing is asked or started, yes or no.", values.yes_or_no),
    "start_days": Choice(
        "So many banking days (1 to 30) pass from the question to the start by silence.",
        values.whole(1, 30, "banking days"),
    ),
    "silence": Choice(
        "No answer starts the procedure (start), or nothing happens without a yes (stay).",
        values.one_of("start", "stay"),
    ),
    "fee_policy": Choice(
        "Fees that are open once the principal is paid are asked of the customer (collect), or the company covers them"
        " and he owes nothing more (cover).",
        values.one_of("collect", "cover"),
    ),
    "fee": Choice(
        "The fee of each reminder, 0 to 100 kroner; on the same claim it is never raised later.",
        values.amount(REMINDER_FEE.newest),
        REMINDER_FEE.paragraph,
    ),
    "reminders": Choice(
        "How many reminders are sent, 1 to 3.", values.whole(1, REMINDERS.newest, "reminders"), REMINDERS.paragraph
    ),
    "days_between": Choice(
        "At least so many days (10 to 60) lie between two reminders.",
        values.whole(DAYS_BETWEEN.newest, 60, "days"),
        DAYS_BETWEEN.paragraph,
    ),
    "smallest_amount": Choice("Invoices of which fewer kroner are outstanding are not dunned.", values.amount()),
    "never_dunned": Choice("Customers who are never dunned: their numbers.", values.customer_numbers),
    "booking_days": Choice(
        "When it books payments, such as mon,thu or 1,15,last: steps wait for the first such day from the due date on;"
        " empty waits for none.",
        _booking_days,
    ),
    "fresh_days": Choice(
        "A reminder leaves only if the last good fetch is at most so many days (1 to 14) old.",
        values.whole(1, 14, "days"),
    ),
    "weekend_due": Choice(
        "A due date on a day when banks are closed counts as their next day (next), or stays (keep).",
        values.one_of("next", "keep"),
    ),
    "arrears": Choice(
        "The law's three fees are counted for all that a customer owes in one period of arrears (customer), or for each"
        " invoice (claim); renteloven § 9 b, stk. 2.",
        values.one_of("customer", "claim"),
    ),
    "interest": Choice("Claim default interest at the law's rate (renteloven § 5), yes or no.", values.yes_or_no),
    "due_date_agreed": Choice(
        "Due dates are agreed with consumers beforehand, so that interest runs from them (renteloven § 3, stk. 1), yes"
        " or no.",
        values.yes_or_no,
    ),
    "day_count": Choice(
        "How the days of interest are counted: actual/365, actual/actual (366 in a leap year) or 30/360.",
        values.one_of("actual/365", "actual/actual", "30/360"),
    ),
    "compensation": Choice(
        "Claim the fixed compensation from traders (renteloven § 9 a, stk. 3), yes or no.", values.yes_or_no
    ),
    "collection_notice": Choice(
        "The warning of debt collection comes with the last reminder (with_last), or by itself after it (after).",
        values.one_of("with_last", "after"),
    ),
    "collection_fee": Choice(
        "The fee that is added when others are asked to collect the claim, 0 to 100 kroner: the hand-over names it.",
        values.amount(COLLECTION_FEE.newest),
        COLLECTION_FEE.paragraph,
    ),
}

CHOICES: dict[str, Choice] = COMPANY | POLICY
