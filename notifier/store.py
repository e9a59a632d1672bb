"""The letters in the database: plan, claim, record."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, cast
from uuid import uuid4

from common import bulk, clock, db, outbox
from common import events as e
from common.inbox import AlreadyHandled
from common.tables import Letter, Notice, Procedure
from notifier.letters.draft import CHANNEL
from notifier.letters.entering import SECRET
from notifier.sending import LOST, Outcome
from notifier.writing import Written

OVER = ("sent", "failed", "held", "withdrawn", "bounced")


class NoSuchLetter(Exception):
    """The message names a letter that is not there."""


class StillSending(Exception):
    """Another worker is sending this letter, or was when it died; its lease has not run out."""


def plan(letters: Iterable[Written], now: datetime) -> int:
    """Keeps letters that are to be sent, and says so; returns how many are new. In the caller's transaction."""
    rows = [_row(written, now) for written in letters]
    new = {letter_id for (letter_id,) in bulk.insert(Letter, rows, "ON CONFLICT DO NOTHING RETURNING id")}
    outbox.add(*[_planned(row["company"], row["id"], row["kind"], 0) for row in rows if row["id"] in new])
    return len(new)


def is_planned(letter_id: str) -> bool:
    """Whether there is this letter, whatever became of it."""
    with db.connection():
        return Letter.select().where(Letter.id == letter_id).exists()


def _row(written: Written, now: datetime) -> dict[str, Any]:
    draft = written.draft
    return {
        "id": draft.id,
        "company": draft.creditor.cvr,
        "about": draft.about,
        "kind": draft.kind,
        "step": draft.step,
        "attempt": draft.attempt,
        "channel": CHANNEL,
        "procedure_id": draft.procedure_id,
        "to_debtor": draft.to_debtor,
        "recipient": draft.recipient,
        "subject": written.subject,
        "message_id": written.message_id,
        "content": written.content,
        "outstanding": draft.outstanding,
        "charges": draft.charges,
        "pay_by": draft.pay_by,
        "planned_at": now,
        "try_at": now,
    }


def _planned(company: str, letter_id: str, kind: str, attempt: int) -> e.LetterPlanned:
    return e.LetterPlanned(company=company, letter_id=letter_id, kind=cast(e.LetterKind, kind), attempt=attempt)


# --- sending ---------------------------------------------------------------------------------------------------------
def lock(letter_id: str) -> Letter:
    """A letter that is to be sent, locked until the transaction ends. Raises AlreadyHandled or StillSending."""
    letter = locked(letter_id)
    if letter.state in OVER:
        raise AlreadyHandled(f"the letter is {letter.state}")
    if letter.state == "sending" and letter.leased_until > clock.real_now():
        raise StillSending(StillSending.__doc__)
    return letter


def locked(letter_id: str) -> Letter:
    """Any letter, locked until the transaction ends. Raises NoSuchLetter."""
    letter: Letter | None = db.locked(Letter.select().where(Letter.id == letter_id)).first()
    if letter is None:
        raise NoSuchLetter(f"{NoSuchLetter.__doc__} {letter_id}")
    return letter


def is_lost(letter: Letter) -> Outcome | None:
    """A lease that ran out: a letter to a debtor may have left. One to the company goes again, the very same."""
    return LOST if letter.state == "sending" and letter.to_debtor else None


def claim(letter: Letter, now: datetime, lease: timedelta) -> None:
    """It is ours to send until the lease runs out; `try_at` is for the net, should we not live to end it."""
    letter.state, letter.owner = "sending", uuid4().hex
    letter.leased_until, letter.try_at = clock.real_now() + lease, now + clock.patience(lease)
    letter.save(only=["state", "owner", "leased_until", "try_at"])


def record(letter: Letter, outcome: Outcome, now: datetime) -> None:
    """Writes down what became of a letter that is still this owner's, and says so.

    Raises AlreadyHandled if another worker got there first.
    """
    next_try = clock.business_in(outcome.wait) if outcome.state == "planned" else None
    mine = (Letter.id == letter.id) & (Letter.owner.is_null() if letter.owner is None else Letter.owner == letter.owner)
    changed = Letter.update(
        state=outcome.state,
        reason=outcome.reason,
        version=Letter.version + 1,
        tries=Letter.tries + int(bool(outcome.wait)),
        sent_at=now if outcome.state == "sent" else None,
        leased_until=None,
        try_at=next_try,
        **({"content": b""} if letter.kind in SECRET and outcome.state != "planned" else {}),
    )
    if not changed.where(mine, Letter.state.in_(("planned", "sending", "held"))).execute():
        raise AlreadyHandled("another worker got there first")
    letter.version += 1
    outbox.add(*_news(letter, outcome, now), at=next_try)


def _news(letter: Letter, outcome: Outcome, now: datetime) -> list[e.Event]:
    if outcome.state == "planned":
        return [_planned(letter.company, letter.id, letter.kind, letter.version)]
    kinds: dict[str, tuple[type[e.LetterEvent], dict[str, Any]]] = {
        "sent": (e.LetterSent, {"sent_at": now}),
        "failed": (e.LetterFailed, {"reason": outcome.reason}),
        "held": (e.LetterHeld, {}),
        "withdrawn": (e.LetterWithdrawn, {"reason": outcome.reason}),
    }
    kind, fields = kinds[outcome.state]
    return news(letter, kind, **fields)


def news(letter: Letter, kind: type[e.LetterEvent], **fields: Any) -> list[e.Event]:
    """An event of that kind for each procedure that the letter is about."""
    return [
        kind(
            company=letter.company,
            letter_id=letter.id,
            letter_version=letter.version,
            kind=cast(e.LetterKind, letter.kind),
            procedure_id=procedure_id,
            invoice_number=number,
            step=letter.step,
            attempt=letter.attempt,
            **fields,
        )
        for procedure_id, number in covered(letter)
    ]


def covered(letter: Letter) -> list[tuple[str | None, str | None]]:
    """The procedures that a letter is about, and their invoices."""
    columns: Any = Procedure.select(Procedure.id, Procedure.invoice_number)
    if letter.kind in ("notice", "digest"):
        columns = columns.join(Notice, on=Notice.procedure_id == Procedure.id).where(Notice.letter_id == letter.id)
    else:
        columns = columns.where(Procedure.id == letter.procedure_id)
    return list(columns.tuples()) or [(None, None)]
