"""What `rykker letters held` tells: letters to debtors that may or may not have left, and what each choice would do."""

from dataclasses import dataclass
from datetime import datetime

from peewee import fn

from common import clock
from common.calendar import local_date
from common.tables import Letter, Outbox, Procedure, Restore
from notifier import store
from notifier.sending import FRESH, Withdrawal, why_not
from notifier.standing import standing


@dataclass(frozen=True, kw_only=True)
class Held:
    """A letter that waits for a person's word; `resend_ends` is why a resend would be withdrawn as things are now."""

    id: str
    company: str
    invoice_number: str
    kind: str
    step: int
    recipient: str
    subject: str
    message_id: str
    reason: str
    held_at: datetime
    resend_ends: Withdrawal | None


@dataclass(frozen=True, kw_only=True)
class OnHold:
    """A time that the database knows nothing of, and how many procedures go on in it."""

    since: datetime
    until: datetime
    procedures: int


def on_hold(restore: Restore) -> OnHold:
    """Needs a connection."""
    going = Procedure.select().where(Procedure.stage.not_in(("settled", "cancelled")))
    return OnHold(since=restore.since, until=restore.until, procedures=going.count())


def held() -> list[Held]:
    """All of them, the oldest first. Needs a connection."""
    rows = Letter.select().where(Letter.state == "held").order_by(Letter.planned_at, Letter.id)
    return [shown(row) for row in rows]


def one(letter_id: str) -> Held:
    """One letter, in whatever state. Raises NoSuchLetter. Needs a connection."""
    row = Letter.get_or_none(Letter.id == letter_id)
    if row is None:
        raise store.NoSuchLetter(f"there is no letter {letter_id!r}: `rykker letters held` shows those that wait")
    return shown(row)


def shown(row: Letter) -> Held:
    procedure = Procedure.get_or_none(Procedure.id == row.procedure_id)
    said = Outbox.select(fn.MAX(Outbox.added_at)).where(
        Outbox.company == row.company, Outbox.subject == f"letter/{row.id}", Outbox.type == "letter.held"
    )
    return Held(
        invoice_number=procedure.invoice_number if procedure else "",
        held_at=Outbox.added_at.python_value(said.scalar()) or row.planned_at,
        resend_ends=_ends(row) if procedure else None,
        **{
            name: getattr(row, name)
            for name in ("id", "company", "kind", "step", "recipient", "subject", "message_id", "reason")
        },
    )


def _ends(row: Letter) -> Withdrawal | None:
    """What the notifier's last look would say now."""
    (says, so), now = standing(row), clock.business_now()
    return why_not(says, so, freshest=now - clock.patience(FRESH), today=local_date(now))
