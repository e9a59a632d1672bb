"""Questions whose mail the company's server refused, or sent back: asked again with the company's next fetch."""

from collections.abc import Collection
from typing import Any

from common import bulk
from common.tables import Company, Letter, Notice, NoticeBatch, Procedure

NOT_ASKED = ("failed", "bounced")  # states of a letter that never reached its reader
MOST_TRIES = 10  # fetches that ask again at the same address; another address begins anew


def questions(*chosen: Any) -> list[Any]:
    """Notices whose letter has failed and whose question is still open, each with its `letter` and `procedure`.

    One that came back counts once dunning has taken the day of asking back, if it was not too late for that.
    """
    failed = Notice.select(Notice, Letter, Procedure).join(Letter, on=(Letter.id == Notice.letter_id), attr="letter")
    open_ = failed.join_from(Notice, Procedure, on=(Procedure.id == Notice.procedure_id), attr="procedure").where(
        Letter.state.in_(NOT_ASKED),
        Procedure.stage == "awaiting_decision",
        Procedure.notified_on.is_null(),
        *chosen,
    )
    return list(open_.order_by(Procedure.due_on, Procedure.invoice_number))


def is_asked_again(question: Any, email: str) -> bool:
    """Whether the next fetch of the company, which is at `email` now, asks it again."""
    return bool(question.tries < MOST_TRIES or question.letter.recipient != email)


def rejoin(batch: NoticeBatch) -> int:
    """Puts the company's refused questions into this batch, which is locked; returns how many."""
    email = Company.get_by_id(batch.company).email
    again = [one for one in questions(Letter.company == batch.company) if is_asked_again(one, email)]
    moved = [one for one in again if one.letter.recipient != email]
    known = [one for one in again if one.letter.recipient == email]
    return _move(batch, known, Notice.tries + 1) + _move(batch, moved, 0)


def _move(batch: NoticeBatch, asked: Collection[Any], tries: Any) -> int:
    """What another fetch has taken meanwhile is in no failed letter any more."""
    mine = bulk.among(Notice.procedure_id, [one.procedure_id for one in asked])
    failed = bulk.among(Notice.letter_id, sorted({one.letter.id for one in asked}))
    move = Notice.update(fetch_id=batch.fetch_id, letter_id=None, tries=tries)
    return int(move.where(mine, failed).execute()) if asked else 0
