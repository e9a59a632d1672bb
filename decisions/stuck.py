"""Letters of all companies that a person must see to, for operators: held, or refused by a mail server."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from peewee import JOIN, SQL, fn

from common import bulk
from common.tables import Company, Letter, LetterDecision, Outbox, Procedure
from decisions.queries import NotFound
from decisions.standing import OVER

PAGE = 50
State = Literal["held", "refused"]
STATES: dict[State, tuple[str, ...]] = {"held": ("held",), "refused": ("failed", "bounced")}
STUCK = SQL("state IN ('held', 'failed', 'bounced')")  # as the index has it
_ADDRESS = re.compile(r"[^\s<>@:;,\"'()\[\]]+@")


@dataclass(frozen=True, kw_only=True)
class Stuck:
    """`where_to`: the company's address, of a debtor's only what follows the @; `is_over`: nothing hangs on it."""

    letter: Any
    company: str
    name: str
    invoice_number: str
    where_to: str
    since: datetime
    is_over: bool
    decision_no: int

    @property
    def why(self) -> str:
        """The mail server's words, with as little of anybody's address."""
        return _ADDRESS.sub("…@", str(self.letter.reason)) if self.letter.to_debtor else str(self.letter.reason)

    @property
    def is_decided(self) -> bool:
        """The notifier has not heard yet what was said of it."""
        return bool(self.letter.state == "held" and self.decision_no > self.letter.decision_no)


def counts() -> dict[State, int]:
    """Needs a connection, as all here."""
    counted: Any = Letter.select(Letter.state, fn.COUNT(Letter.id)).where(STUCK).group_by(Letter.state)
    found = dict(counted.tuples())
    return {name: sum(found.get(state, 0) for state in states) for name, states in STATES.items()}


def listed(state: State, page: int) -> list[Stuck]:
    """The newest first; PAGE of them."""
    rows = _rows(Letter.state.in_(STATES[state])).order_by(Letter.planned_at.desc(), Letter.id).paginate(page, PAGE)
    return _shown(list(rows.objects()))


def one(cvr: str, letter_id: str) -> Stuck:
    """Raises NotFound."""
    found = _shown(list(_rows((Letter.id == letter_id) & (Letter.company == cvr)).objects()))
    if not found:
        raise NotFound(NotFound.__doc__)
    return found[0]


def planned_at(cvr: str, letter_id: str) -> datetime:
    """When it was written, whatever became of it. Raises NotFound."""
    letter = Letter.select(Letter.planned_at).where(Letter.id == letter_id, Letter.company == cvr).first()
    if letter is None:
        raise NotFound(NotFound.__doc__)
    written: datetime = letter.planned_at
    return written


def _rows(which: Any) -> Any:
    letter = (
        *(Letter.id, Letter.company, Letter.kind, Letter.step, Letter.state, Letter.reason, Letter.to_debtor),
        *(Letter.recipient, Letter.message_id, Letter.planned_at, Letter.decision_no, Letter.outcome),
    )
    columns = (*letter, Company.name, Procedure.invoice_number, Procedure.stage)
    rows = Letter.select(*columns).join(Company, JOIN.LEFT_OUTER, on=Company.cvr == Letter.company)
    return rows.join_from(Letter, Procedure, JOIN.LEFT_OUTER, on=Procedure.id == Letter.procedure_id).where(
        STUCK, which
    )


def _shown(rows: Sequence[Any]) -> list[Stuck]:
    newest, since = _newest([row.id for row in rows]), _since(rows)
    return [
        Stuck(
            letter=row,
            company=row.company,
            name=row.name or row.company,
            invoice_number=row.invoice_number or "",
            where_to="…@" + row.recipient.rpartition("@")[2] if row.to_debtor else row.recipient,
            since=since.get(row.id, row.planned_at),
            is_over=row.stage in OVER,
            decision_no=newest.get(row.id, 0),
        )
        for row in rows
    ]


def _newest(letter_ids: list[str]) -> dict[str, int]:
    """The number of the newest decision on each of these letters that has one."""
    numbered: Any = LetterDecision.select(LetterDecision.letter_id, fn.MAX(LetterDecision.decision_no))
    return dict(numbered.where(LetterDecision.letter_id.in_(letter_ids)).group_by(LetterDecision.letter_id).tuples())


def _since(rows: Sequence[Any]) -> dict[str, datetime]:
    """When it was said of each letter what became of it; what the log has let go of is not here."""
    if not rows:
        return {}
    named = [(row.company, f"letter/{row.id}") for row in rows]
    last = fn.MAX(Outbox.added_at).coerce(False)
    said: Any = Outbox.select(Outbox.subject, last).where(bulk.among_pairs(Outbox.company, Outbox.subject, named))
    of_kind = said.where(Outbox.type.in_(("letter.held", "letter.failed", "letter.bounced"))).group_by(Outbox.subject)
    read: Any = Outbox.added_at.python_value
    return {subject.removeprefix("letter/"): read(at) for subject, at in of_kind.tuples()}
