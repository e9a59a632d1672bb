"""Every table on one page. Each has one process that writes it, named in its docstring; any process may read any table.

Instants are UTC, dates Europe/Copenhagen, money in kroner (stored as øre). `outbox` and `inbox` are written by all,
through common/outbox.py and common/inbox.py. What is old goes from any of them by scheduler/retention.py.
"""

from typing import Any

from peewee import (
    SQL,
    BlobField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    IntegerField,
    Model,
    TextField,
)

from common.db import InstantField, JsonField, MoneyField, handle


class Table(Model):
    id: Any

    class Meta:
        database = handle
        legacy_table_names = False


class Company(Table):
    """The creditor, our customer, and its policy. Written by decisions (and the `rykker` command).

    But for `api_key` and `api_key_no`: the fetcher puts in use what Ordrestyring has accepted.
    """

    cvr = CharField(8, primary_key=True)
    name = TextField()
    email = TextField()
    language = CharField(2, default="da", constraints=[Check("language IN ('da', 'en')")])
    api_key = TextField(null=True)  # encrypted
    api_key_no = IntegerField(default=0)  # which of its keys that is
    payment_details = TextField(default="")  # how a debtor pays when the invoice has no payment line
    fetch_at = CharField(5, default="06:00")  # Europe/Copenhagen
    horizon_days = IntegerField(default=60)  # the first fetch asks about nothing that is longer overdue
    paused = BooleanField(default=False)  # invoices are listed, nothing is asked or started
    wait_days = IntegerField(default=5)  # banking days from due date to notice
    start_days = IntegerField(default=3)  # banking days from notice to automatic start
    silence = CharField(5, default="start", constraints=[Check("silence IN ('start', 'stay')")])
    digest = BooleanField(default=False)
    fee_policy = CharField(7, default="collect", constraints=[Check("fee_policy IN ('collect', 'cover')")])
    fee = MoneyField(default=100_00, constraints=[Check("fee BETWEEN 0 AND 10000")])  # renteloven § 9 b, stk. 2
    reminders = IntegerField(default=3, constraints=[Check("reminders BETWEEN 1 AND 3")])
    days_between = IntegerField(default=10, constraints=[Check("days_between >= 10")])
    smallest_amount = MoneyField(default=0)
    never_dunned: Any = JsonField(default=list)  # customer numbers
    policy_no = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])  # counts its changes
    booking_days = TextField(default="", constraints=[SQL("DEFAULT ''")])  # "mon,thu" or "1,15"; "" is all the time
    fresh_days = IntegerField(default=3, constraints=[SQL("DEFAULT 3")])  # that a good fetch is good for
    weekend_due = CharField(4, default="next", constraints=[SQL("DEFAULT 'next'")])  # or keep
    arrears = CharField(8, default="customer", constraints=[SQL("DEFAULT 'customer'")])  # or claim; § 9 b, stk. 2
    interest = BooleanField(default=False, constraints=[SQL("DEFAULT false")])
    due_date_agreed = BooleanField(default=False, constraints=[SQL("DEFAULT false")])  # with consumers; § 3, stk. 1
    day_count = CharField(13, default="actual/365", constraints=[SQL("DEFAULT 'actual/365'")])
    compensation = BooleanField(default=False, constraints=[SQL("DEFAULT false")])  # § 9 a, stk. 3
    collection_notice = CharField(9, default="with_last", constraints=[SQL("DEFAULT 'with_last'")])  # or after
    collection_fee = MoneyField(default=0, constraints=[SQL("DEFAULT 0")])  # § 9 b, stk. 3: at most 100 kr.
    letterhead = TextField(default="", constraints=[SQL("DEFAULT ''")])  # stands above what debtors get
    bank_account = TextField(default="", constraints=[SQL("DEFAULT ''")])  # "1234 0001234567", or none
    fi_creditor = TextField(default="", constraints=[SQL("DEFAULT ''")])  # eight digits, or none
    reply_to = TextField(default="", constraints=[SQL("DEFAULT ''")])  # where debtors' answers go, if not to `email`
    created_at = InstantField()


class ApiKey(Table):
    """A key that a company pasted, and that Ordrestyring is asked about; one that was removed is no more.

    Written by decisions (and the `rykker` command).
    """

    company = CharField(8)
    key_no = IntegerField()
    locked = TextField()  # encrypted
    submitted_at = InstantField()
    by = TextField()  # who pasted it
    sure = BooleanField(default=False, constraints=[SQL("DEFAULT false")])  # it is to be used, whosever it is

    class Meta:
        primary_key = CompositeKey("company", "key_no")


class KeyTrial(Table):
    """What Ordrestyring said of a key. Written by the fetcher."""

    company = CharField(8)
    key_no = IntegerField()
    state = CharField(11)  # accepted, refused, unreachable; foreign: another company's, and not in use
    whose = TextField(default="")  # as Ordrestyring names the one whom it belongs to
    cvr = CharField(8, default="", constraints=[SQL("DEFAULT ''")])  # that one's, as Ordrestyring has it
    reason = TextField(default="")
    tries = IntegerField(default=1)
    tried_at = InstantField()
    try_at = InstantField(null=True)  # business time: when it is tried again

    class Meta:
        primary_key = CompositeKey("company", "key_no")


# --- people of the portal --------------------------------------------------------------------------------------------
class Login(Table):
    """Who may come in: one for each company, and operators, who have none. Written by decisions (and the `rykker`
    command).
    """

    id = CharField(36, primary_key=True)
    role = CharField(8, constraints=[Check("role IN ('company', 'operator')")])
    company = CharField(8, null=True, unique=True)
    email = TextField(unique=True)  # in small letters
    password = TextField(null=True)  # its argon2 hash; none yet
    password_no = IntegerField(default=0)  # counts its changes: a link sets the next one, once
    created_at = InstantField()
    invited_at = InstantField(null=True)  # when a link to set the password was last asked for
    seen_at = InstantField(null=True)  # when somebody last came in


class Session(Table):
    """Somebody who is logged in; real time. Written by decisions."""

    id = CharField(64, primary_key=True)  # SHA-256 of what the cookie holds
    login = CharField(36, index=True)
    began_at = InstantField()
    seen_at = InstantField()
    until = InstantField(index=True)


class Attempt(Table):
    """Attempts to log in that failed, for an account or an address; real time. Written by decisions."""

    whom = CharField(64, primary_key=True)  # a hash
    failures = IntegerField()
    last_at = InstantField(index=True)


class AuditLine(Table):
    """Who saw and did what in the portal. Written by decisions (and the `rykker` command)."""

    at = InstantField(index=True)  # business time
    login = CharField(36, null=True, index=True)
    who = TextField()  # the address then
    company = CharField(8, null=True)  # whose it was
    action = TextField()
    subject = TextField(default="")

    class Meta:
        indexes = ((("company", "at"), False),)


class Pick(Table):
    """An invoice that nobody was asked about, and that its company wants dunned. Written by decisions."""

    company = CharField(8)
    number = TextField()
    pick_no = IntegerField()
    picked_at = InstantField()
    by = TextField()

    class Meta:
        primary_key = CompositeKey("company", "number", "pick_no")


class LetterDecision(Table):
    """What a person said of a letter that is held. Written by decisions."""

    letter_id = CharField(36)
    decision_no = IntegerField()
    company = CharField(8)
    choice = CharField(7)  # resend, sent, discard
    sent_on = DateField(null=True)
    decided_at = InstantField()
    by = TextField()

    class Meta:
        primary_key = CompositeKey("letter_id", "decision_no")


class FailedDecision(Table):
    """What an operator said of a message that failed, as it was when he saw it. Written by decisions."""

    failed_id = IntegerField(index=True)
    times = IntegerField()
    choice = CharField(7)  # replay, archive
    reason = TextField(default="")
    decided_at = InstantField()
    by = TextField()


class Erasure(Table):
    """A debtor whose personal data were to be erased. Written by decisions."""

    company = CharField(8)
    customer_number = TextField()
    erasure_no = IntegerField()
    erased_at = InstantField()
    by = TextField()

    class Meta:
        primary_key = CompositeKey("company", "customer_number", "erasure_no")


class Fetch(Table):
    """A wish to fetch. Written by the scheduler, by decisions and by the `rykker` command, all by common/fetches.py."""

    id = CharField(36, primary_key=True)
    company = CharField(8)
    business_date = DateField()
    occasion = TextField()  # "daily", "asked" and when, or "key" and its number
    requested_at = InstantField()
    by = TextField(default="", constraints=[SQL("DEFAULT ''")])  # who asked

    class Meta:
        indexes = ((("company", "business_date", "occasion"), True),)


class FetchRun(Table):
    """How a fetch goes. Written by the fetcher."""

    fetch_id = CharField(36, primary_key=True)
    company = CharField(8)
    state = CharField(8, default="running")  # running, finished, failed
    began_at = InstantField()
    ended_at = InstantField(null=True)
    cursor = TextField(default="")
    seen = IntegerField(default=0)
    overdue = IntegerField(default=0)
    found = IntegerField(default=0)
    set_aside = IntegerField(default=0)
    reason = TextField(default="")  # why it failed, or what it waits for
    trusted = BooleanField(default=True, constraints=[SQL("DEFAULT true")])  # it saw about as many as those before
    paid = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # of those seen, those of which something was paid
    marks_paid = BooleanField(default=True, constraints=[SQL("DEFAULT true")])  # payments reach the ERP at all

    class Meta:
        indexes = ((("company", "began_at"), False),)


class KnownInvoice(Table):
    """What the ERP said of an invoice when last looked at. Written by the fetcher."""

    company = CharField(8)
    number = TextField()
    sequence = IntegerField()
    asked = BooleanField()  # False: found, not asked
    tracked = BooleanField()  # its state is followed until nothing is owed
    absent_on = DateField(null=True)  # the first day on which the ERP did not know it
    fetch_id = CharField(36, null=True)  # the fetch that saw it last
    outstanding = MoneyField()
    state: Any = JsonField()  # an events.Invoice as plain JSON
    customer_number = TextField(default="", constraints=[SQL("DEFAULT ''")])
    due_on = DateField(null=True)  # as in `state`, to list by; None until a fetch saw it, if older code wrote it
    debtor_key = TextField(default="", constraints=[SQL("DEFAULT ''")])  # names.key of the debtor's name, likewise

    class Meta:
        primary_key = CompositeKey("company", "number")
        indexes = ((("company", "tracked", "number"), False), (("company", "customer_number"), False))


class SetAside(Table):
    """An invoice that could not be read, and why. Written by the fetcher."""

    company = CharField(8)
    number = TextField()
    reason = TextField()
    fetch_id = CharField(36, null=True)
    seen_at = InstantField()
    told = BooleanField(default=False, constraints=[SQL("DEFAULT false")])  # its company was

    class Meta:
        primary_key = CompositeKey("company", "number")


class Procedure(Table):
    """A dunning procedure: one per invoice and round. Written by dunning."""

    id = CharField(36, primary_key=True)
    company = CharField(8)
    invoice_number = TextField()
    round = IntegerField()
    version = IntegerField()
    stage = CharField(20)
    reason = TextField()
    sequence = IntegerField()  # of the newest invoice event that was applied
    customer_number = TextField()
    debtor_email = TextField(null=True)
    amount = MoneyField()
    paid = MoneyField()
    due_on = DateField()
    policy: Any = JsonField()  # as it was when the procedure was opened
    fetch_id = CharField(36, null=True)
    opened_at = InstantField()
    notified_on = DateField(null=True)  # the day on which the notice was sent
    answer_no = IntegerField()
    fee_answer_no = IntegerField()
    step = IntegerField()  # reminders that were sent
    attempt = IntegerField()  # reminders that were issued and did not go out
    pending = BooleanField()  # a reminder is issued and not known to be sent
    unreachable_step = IntegerField()  # the step for which the company was last told that there is no address
    last_reminder_on = DateField(null=True)
    looked_at = InstantField(null=True)  # when the ERP was last asked about it
    wake_at = InstantField(null=True)
    wake_no = IntegerField()
    debtor_cvr = CharField(8, null=True)  # without one he is a consumer
    issued_on = DateField(null=True)
    pending_kind = CharField(20, default="reminder", constraints=[SQL("DEFAULT 'reminder'")])
    pending_pay_by = DateField(null=True)  # the date that the pending letter gives, if it is a collection notice
    pay_by = DateField(null=True)  # the date that the collection notice gave
    warned_on = DateField(null=True)  # the day on which the collection notice was sent
    warned_by = CharField(20, default="", constraints=[SQL("DEFAULT ''")])  # kind and step of the letter that was it
    warned_step = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    fee_letters = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # letters for fees alone that were sent
    objection_no = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])
    disputed = BooleanField(default=False, constraints=[SQL("DEFAULT false")])  # no more fees: § 9 b, stk. 1
    paused_until = DateField(null=True)
    held = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # 1: waits for a fresh fetch; 2: and has said so
    policy_no = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # of the newest that was adopted on the way
    started_on = DateField(null=True)  # the last time that it did
    started_by = CharField(10, default="", constraints=[SQL("DEFAULT ''")])  # answer, silence; "" has not
    escalated_on = DateField(null=True)
    ended_on = DateField(null=True)  # while it is settled or cancelled

    class Meta:
        indexes = ((("company", "invoice_number", "round"), True), (("company", "customer_number"), False))


class LedgerLine(Table):
    """What a claim costs whom; append-only, double entry: `account` is debited, `against` credited.

    Written by dunning. The lines of all rounds of an invoice belong together. common/ledger.py names the accounts.
    """

    procedure_id = CharField(36)
    company = CharField(8)
    kind = CharField(12)
    step = IntegerField()
    attempt = IntegerField()
    amount = MoneyField()  # signed: on one of the debtor's accounts it is what he owes more
    booked_on = DateField()
    rule = TextField()  # the paragraph or the choice behind it
    account = CharField(12, default="fee", constraints=[SQL("DEFAULT 'fee'")])
    against = CharField(12, default="charged", constraints=[SQL("DEFAULT 'charged'")])
    value_on = DateField(null=True)  # from when it counts, if that is not the day it was booked
    event = CharField(36, default="", constraints=[SQL("DEFAULT ''")])  # the id of what was heard

    class Meta:
        indexes = ((("procedure_id", "kind", "account", "step", "attempt"), True),)


class Notice(Table):
    """A company that is to be asked about an invoice. Written by the notifier."""

    procedure_id = CharField(36, primary_key=True)
    company = CharField(8)
    fetch_id = CharField(36)
    letter_id = CharField(36, null=True)  # the notice or digest that asks
    tries = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # that the address refused, the first not counted

    class Meta:
        indexes = ((("fetch_id", "letter_id"), False), (("letter_id",), False))


class NoticeBatch(Table):
    """What the notifier knows of a fetch: how many notices to expect. Written by the notifier."""

    fetch_id = CharField(36, primary_key=True)
    company = CharField(8)
    finished = BooleanField(default=False)
    overdue = IntegerField(default=0)


class Letter(Table):
    """Anything that is mailed, with the very bytes. Written by the notifier."""

    id = CharField(36, primary_key=True)
    company = CharField(8)
    about = TextField()  # the procedure, fetch or company that it is about
    kind = CharField(20)
    step = IntegerField(default=0)
    attempt = IntegerField(default=0)
    channel = CharField(8, default="email")
    procedure_id = CharField(36, null=True)
    to_debtor = BooleanField(default=False)
    recipient = TextField()
    subject = TextField()
    message_id = TextField()
    content = BlobField()
    outstanding = MoneyField(default=0)  # the principal that it asks for
    charges = MoneyField(default=0, constraints=[SQL("DEFAULT 0")])  # fees, interest and compensation that it asks for
    pay_by = DateField(null=True)  # the date that it gives, if the law wants ten days from sending
    state = CharField(10, default="planned")  # planned, sending, sent, failed, held, withdrawn, bounced
    version = IntegerField(default=0)
    tries = IntegerField(default=0)
    owner = TextField(null=True)
    leased_until = InstantField(null=True)  # real time
    try_at = InstantField(null=True)  # business time; when it should be tried at the latest
    planned_at = InstantField()
    sent_at = InstantField(null=True)
    reason = TextField(default="")
    decided_at = InstantField(null=True)  # when a person last said whether it had left
    decision_no = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # of the newest that was heard in the portal
    outcome = TextField(default="", constraints=[SQL("DEFAULT ''")])  # what came of that

    class Meta:
        indexes = (
            (("about", "kind", "step", "attempt", "channel"), True),
            (("procedure_id",), False),
            (("company", "state"), False),
        )


class Restore(Table):
    """What was done between the two instants is not in this database: it came from a backup.

    Written by the notifier's `rykker letters hold`.
    """

    since = InstantField()
    until = InstantField()


class Answer(Table):
    """What a person answered. Written by decisions."""

    procedure_id = CharField(36)
    company = CharField(8)
    answer_no = IntegerField()
    choice = CharField(8)  # start, stop, pause, resume; collect, cover, received, waive
    answered_at = InstantField()
    by = TextField(default="", constraints=[SQL("DEFAULT ''")])  # who, in the portal; "" by the link in a mail

    class Meta:
        primary_key = CompositeKey("procedure_id", "answer_no")


class Objection(Table):
    """What a debtor said through the link in a letter, or his company for him. Written by decisions."""

    procedure_id = CharField(36)
    company = CharField(8)
    objection_no = IntegerField()
    kind = CharField(8)  # dispute, paid, call, withdraw
    words = TextField(default="")
    paid_on = DateField(null=True)
    reference = TextField(default="")
    phone = TextField(default="")
    raised_at = InstantField()
    by = TextField(default="", constraints=[SQL("DEFAULT ''")])  # who of the company wrote it down; "" is the debtor

    class Meta:
        primary_key = CompositeKey("procedure_id", "objection_no")


class ReferenceRate(Table):
    """Nationalbanken's lending rate of a half-year that is in no table of ours. Written by the `rykker` command."""

    from_on = DateField(primary_key=True)
    percent = MoneyField()  # with two decimals
    set_at = InstantField()


class Price(Table):
    """What the portal charges a company for a step, without VAT. Written by the `rykker` command."""

    item = CharField(20)  # reminder, collection_notice, fee_reminder
    from_on = DateField()
    amount = MoneyField()
    set_at = InstantField()

    class Meta:
        primary_key = CompositeKey("item", "from_on")


class Statement(Table):
    """A month's statement that a company is to get. Written by the scheduler."""

    company = CharField(8)
    month = DateField()  # its first day
    asked_at = InstantField()

    class Meta:
        primary_key = CompositeKey("company", "month")


class FailedMessage(Table):
    """What reached a dead-letter queue. Written by the scheduler."""

    queue = TextField()
    event_id = TextField()
    type = TextField()
    company = TextField()
    cause = TextField()
    body = TextField()
    collected_at = InstantField()
    state = CharField(8, default="open")  # open, replayed, archived
    times = IntegerField(default=1, constraints=[SQL("DEFAULT 1")])  # that it came, replays included
    decided_at = InstantField(null=True)
    reason = TextField(default="", constraints=[SQL("DEFAULT ''")])  # why it was archived
    decision_no = IntegerField(default=0, constraints=[SQL("DEFAULT 0")])  # the id of the last one that was heard
    outcome = TextField(default="", constraints=[SQL("DEFAULT ''")])  # what came of that

    class Meta:
        indexes = ((("state", "cause"), False), (("queue", "event_id"), False))


class Outbox(Table):
    """Every event that was said or is to be said: the event log."""

    event_id = CharField(36, unique=True)
    type = TextField()
    company = CharField(8)
    subject = TextField()
    body = TextField()
    at = InstantField()  # business time: not to be published before
    added_at = InstantField()
    published_at = InstantField(null=True)
    tries = IntegerField(default=0)  # how often publishing it failed
    retry_at = InstantField(null=True)  # real time: after a failure not before
    reason = TextField(default="")

    class Meta:
        indexes = ((("company", "subject"), False),)


class RelayLease(Table):
    """Rows of the outbox that a relay is publishing: nobody else's until it ends. Written by the scheduler."""

    id = CharField(36, primary_key=True)
    owner = TextField()
    until = InstantField()  # real time
    rows = JsonField()  # their ids


class Inbox(Table):
    """Which consumer has handled which event."""

    consumer = TextField()
    event_id = CharField(36)
    handled_at = InstantField()

    class Meta:
        primary_key = CompositeKey("consumer", "event_id")


# --- indexes of some of the rows, or of what is reckoned from them; the last columns spare a look at the row itself
OWED = SQL("outstanding > 0")
UNASKED = SQL("NOT asked AND outstanding > 0")
TAB = SQL("(CASE stage WHEN 'checking' THEN 'running' WHEN 'cancelled' THEN 'settled' ELSE stage END)")
CHARGE = SQL("account IN ('fee', 'interest', 'compensation')")


def _index(name: str, table: Any, columns: str, *more: Any, where: SQL | None = None) -> None:
    """`columns` by name; an expression among them is one of `more`, where there is a `?`."""
    rest = iter(more)
    named = [next(rest) if column == "?" else getattr(table, column) for column in columns.split()]
    table.add_index(table.index(*named, where=where, name=name))


_index("company_fetched", Company, "fetch_at cvr", where=SQL("api_key IS NOT NULL"))
_index("fetch_of_day", Fetch, "business_date occasion company")
_index("known_invoice_owed", KnownInvoice, "company due_on number outstanding", where=OWED)
_index("known_invoice_owed_number", KnownInvoice, "company ? number", SQL("length(number)"), where=OWED)
_index("known_invoice_unasked", KnownInvoice, "company due_on number outstanding", where=UNASKED)
_index("known_invoice_outstanding", KnownInvoice, "company outstanding number")
_index("known_invoice_debtor", KnownInvoice, "company debtor_key number customer_number due_on outstanding")
_index("set_aside_fetch", SetAside, "fetch_id")
_index("procedure_wake", Procedure, "wake_at", where=SQL("wake_at IS NOT NULL"))
_index("procedure_held", Procedure, "company", where=SQL("held > 0"))
_index("procedure_waived", Procedure, "company invoice_number round", where=SQL("reason = 'waived'"))
_index("procedure_unreachable", Procedure, "company", where=SQL("unreachable_step > step"))
_index("procedure_tab", Procedure, "company ? due_on invoice_number stage amount paid notified_on", TAB)
_index("procedure_tab_number", Procedure, "company ? ? invoice_number", TAB, SQL("length(invoice_number)"))
_index("ledger_line_charges", LedgerLine, "company amount", where=CHARGE)
_index(
    "ledger_line_payments",
    LedgerLine,
    "company procedure_id value_on booked_on amount",
    where=SQL("account = 'principal' AND against = 'received'"),
)
_index(
    "ledger_line_beside",
    LedgerLine,
    "company account kind against booked_on amount",
    where=SQL("account <> 'principal' OR against = 'lost'"),
)
_index("letter_to_company", Letter, "company planned_at", where=SQL("NOT to_debtor"))
_index("letter_unsent", Letter, "try_at", where=SQL("state IN ('planned', 'sending')"))
_index("letter_full", Letter, "to_debtor planned_at", where=SQL("length(content) > 0"))
_index("letter_stuck", Letter, "state planned_at", where=SQL("state IN ('held', 'failed', 'bounced')"))
_index("outbox_unpublished", Outbox, "at company", where=SQL("published_at IS NULL"))
_index("outbox_published", Outbox, "published_at", where=SQL("published_at IS NOT NULL"))

TABLES: list[type[Table]] = Table.__subclasses__()
