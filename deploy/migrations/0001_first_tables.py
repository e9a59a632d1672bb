"""The tables that the five processes begin with: a frozen copy."""

from typing import Any

from peewee import (
    SQL,
    BigIntegerField,
    BlobField,
    BooleanField,
    CharField,
    Check,
    CompositeKey,
    DateField,
    Field,
    IntegerField,
    Model,
    TextField,
)

WHEN = "pre"


class InstantField(Field):
    field_type = "TIMESTAMPTZ"


class Table(Model):
    class Meta:
        legacy_table_names = False


class Company(Table):
    cvr = CharField(8, primary_key=True)
    name = TextField()
    email = TextField()
    language = CharField(2, constraints=[Check("language IN ('da', 'en')")])
    api_key = TextField(null=True)
    api_key_no = IntegerField()
    payment_details = TextField()
    fetch_at = CharField(5)
    horizon_days = IntegerField()
    paused = BooleanField()
    wait_days = IntegerField()
    start_days = IntegerField()
    silence = CharField(5, constraints=[Check("silence IN ('start', 'stay')")])
    digest = BooleanField()
    fee_policy = CharField(7, constraints=[Check("fee_policy IN ('collect', 'cover')")])
    fee = BigIntegerField(constraints=[Check("fee BETWEEN 0 AND 10000")])
    reminders = IntegerField(constraints=[Check("reminders BETWEEN 1 AND 3")])
    days_between = IntegerField(constraints=[Check("days_between >= 10")])
    smallest_amount = BigIntegerField()
    never_dunned = TextField()
    created_at = InstantField()


class Fetch(Table):
    id = CharField(36, primary_key=True)
    company = CharField(8)
    business_date = DateField()
    occasion = TextField()
    requested_at = InstantField()

    class Meta:
        indexes = ((("company", "business_date", "occasion"), True),)


class FetchRun(Table):
    fetch_id = CharField(36, primary_key=True)
    company = CharField(8)
    state = CharField(8)
    began_at = InstantField()
    ended_at = InstantField(null=True)
    cursor = TextField()
    seen = IntegerField()
    overdue = IntegerField()
    found = IntegerField()
    set_aside = IntegerField()
    reason = TextField()

    class Meta:
        indexes = ((("company", "began_at"), False),)


class KnownInvoice(Table):
    company = CharField(8)
    number = TextField()
    sequence = IntegerField()
    asked = BooleanField()
    tracked = BooleanField()
    absent_on = DateField(null=True)
    fetch_id = CharField(36, null=True)
    outstanding = BigIntegerField()
    state = TextField()

    class Meta:
        primary_key = CompositeKey("company", "number")
        indexes = ((("company", "tracked", "number"), False),)


class SetAside(Table):
    company = CharField(8)
    number = TextField()
    reason = TextField()
    fetch_id = CharField(36, null=True)
    seen_at = InstantField()

    class Meta:
        primary_key = CompositeKey("company", "number")


class Procedure(Table):
    id = CharField(36, primary_key=True)
    company = CharField(8)
    invoice_number = TextField()
    round = IntegerField()
    version = IntegerField()
    stage = CharField(20)
    reason = TextField()
    sequence = IntegerField()
    customer_number = TextField()
    debtor_email = TextField(null=True)
    amount = BigIntegerField()
    paid = BigIntegerField()
    due_on = DateField()
    policy = TextField()
    fetch_id = CharField(36, null=True)
    opened_at = InstantField()
    notified_on = DateField(null=True)
    answer_no = IntegerField()
    fee_answer_no = IntegerField()
    step = IntegerField()
    attempt = IntegerField()
    pending = BooleanField()
    unreachable_step = IntegerField()
    last_reminder_on = DateField(null=True)
    looked_at = InstantField(null=True)
    wake_at = InstantField(null=True)
    wake_no = IntegerField()

    class Meta:
        indexes = ((("company", "invoice_number", "round"), True),)


class LedgerLine(Table):
    procedure_id = CharField(36)
    company = CharField(8)
    kind = CharField(12)
    step = IntegerField()
    attempt = IntegerField()
    amount = BigIntegerField()
    booked_on = DateField()
    rule = TextField()

    class Meta:
        indexes = ((("procedure_id", "kind", "step", "attempt"), True),)


class Notice(Table):
    procedure_id = CharField(36, primary_key=True)
    company = CharField(8)
    fetch_id = CharField(36)
    letter_id = CharField(36, null=True)

    class Meta:
        indexes = ((("fetch_id", "letter_id"), False), (("letter_id",), False))


class NoticeBatch(Table):
    fetch_id = CharField(36, primary_key=True)
    company = CharField(8)
    finished = BooleanField()
    overdue = IntegerField()


class Letter(Table):
    id = CharField(36, primary_key=True)
    company = CharField(8)
    about = TextField()
    kind = CharField(20)
    step = IntegerField()
    attempt = IntegerField()
    channel = CharField(8)
    procedure_id = CharField(36, null=True)
    to_debtor = BooleanField()
    recipient = TextField()
    subject = TextField()
    message_id = TextField()
    content = BlobField()
    outstanding = BigIntegerField()
    state = CharField(10)
    version = IntegerField()
    tries = IntegerField()
    owner = TextField(null=True)
    leased_until = InstantField(null=True)
    try_at = InstantField(null=True)
    planned_at = InstantField()
    sent_at = InstantField(null=True)
    reason = TextField()

    class Meta:
        indexes = (
            (("about", "kind", "step", "attempt", "channel"), True),
            (("procedure_id",), False),
            (("company", "state"), False),
        )


class Answer(Table):
    procedure_id = CharField(36)
    company = CharField(8)
    answer_no = IntegerField()
    choice = CharField(8)
    answered_at = InstantField()

    class Meta:
        primary_key = CompositeKey("procedure_id", "answer_no")


class FailedMessage(Table):
    queue = TextField()
    event_id = TextField()
    type = TextField()
    company = TextField()
    cause = TextField()
    body = TextField()
    collected_at = InstantField()
    state = CharField(8)

    class Meta:
        indexes = ((("state", "cause"), False),)


class Outbox(Table):
    event_id = CharField(36, unique=True)
    type = TextField()
    company = CharField(8)
    subject = TextField()
    body = TextField()
    at = InstantField()
    added_at = InstantField()
    published_at = InstantField(null=True)
    claimed_by = TextField(null=True)
    claimed_until = InstantField(null=True)
    tries = IntegerField()
    reason = TextField()

    class Meta:
        indexes = ((("company", "subject"), False),)


class Inbox(Table):
    consumer = TextField()
    event_id = CharField(36)
    handled_at = InstantField()

    class Meta:
        primary_key = CompositeKey("consumer", "event_id")


Outbox.add_index(Outbox.index(Outbox.at, Outbox.company, where=SQL("published_at IS NULL"), name="outbox_unpublished"))
Procedure.add_index(Procedure.index(Procedure.wake_at, where=SQL("wake_at IS NOT NULL"), name="procedure_wake"))
Letter.add_index(Letter.index(Letter.try_at, where=SQL("state IN ('planned', 'sending')"), name="letter_unsent"))
SetAside.add_index(SetAside.index(SetAside.fetch_id, name="set_aside_fetch"))


def up(_migrator: Any, database: Any) -> None:
    tables = Table.__subclasses__()
    with database.bind_ctx(tables):
        database.create_tables(tables)
