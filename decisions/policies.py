"""A new policy for procedures that are running: by themselves they keep that of the day on which they were opened."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from peewee import SQL, fn

from common import outbox
from common.events import PolicyAdopted
from common.tables import TAB, Procedure

RUNNING = ("running", "paused", "collecting_fees", "escalated")  # of tables.TAB, which the index of procedures goes by


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """How many running procedures are to adopt the policy, and how many keep the one that they have; and how many that
    came in while the company paused it is asked about now.
    """

    adopting: int = 0
    keeping: int = 0
    asking: int = 0


def adopt(cvr: str, policy_no: int) -> int:
    """Tells the company's running procedures to follow policy `policy_no`; returns how many were not told before.

    Needs a transaction that holds the company's row.
    """
    return _told(cvr, policy_no, _rows(_is_running(cvr)))


def ask_at_last(cvr: str, policy_no: int) -> int:
    """The company's pause is over: procedures that were opened in it, and were never asked about, are to hear so.

    Returns how many were not told before. Needs a transaction that holds the company's row and its pause.
    """
    waiting = (Procedure.company == cvr) & (Procedure.stage == "awaiting_decision") & Procedure.notified_on.is_null()
    return _told(cvr, policy_no, [row for row in _rows(waiting) if row.policy.get("paused")])


def _rows(chosen: Any) -> Iterable[Any]:
    return Procedure.select(Procedure.id, Procedure.invoice_number, Procedure.policy).where(chosen)


def _told(cvr: str, policy_no: int, rows: Iterable[Any]) -> int:
    news = outbox.unsaid(
        PolicyAdopted(company=cvr, procedure_id=row.id, invoice_number=row.invoice_number, policy_no=policy_no)
        for row in rows
    )
    outbox.add(*news)
    return len(news)


def running(cvr: str) -> int:
    """How many procedures of the company are running. Needs a connection."""
    return int(Procedure.select(fn.COUNT(SQL("1"))).where(_is_running(cvr)).scalar())


def _is_running(cvr: str) -> Any:
    return (Procedure.company == cvr) & TAB.in_(RUNNING)
