"""A new policy for procedures that are running: by themselves they keep that of the day on which they were opened."""

from dataclasses import dataclass
from typing import Any

from common import outbox
from common.events import PolicyAdopted
from common.tables import Procedure

RUNNING = ("running", "checking", "paused", "collecting_fees", "escalated")


@dataclass(frozen=True, kw_only=True)
class Concerned:
    """How many running procedures are to adopt the policy, and how many keep the one that they have."""

    adopting: int = 0
    keeping: int = 0


def adopt(cvr: str, policy_no: int) -> int:
    """Tells the company's running procedures to follow policy `policy_no`; returns how many were not told before.

    Needs a transaction that holds the company's row.
    """
    rows: Any = Procedure.select(Procedure.id, Procedure.invoice_number).where(_is_running(cvr)).tuples()
    news = outbox.unsaid(
        PolicyAdopted(company=cvr, procedure_id=procedure_id, invoice_number=number, policy_no=policy_no)
        for procedure_id, number in rows
    )
    outbox.add(*news)
    return len(news)


def running(cvr: str) -> int:
    """How many procedures of the company are running. Needs a connection."""
    return int(Procedure.select().where(_is_running(cvr)).count())


def _is_running(cvr: str) -> Any:
    return (Procedure.company == cvr) & Procedure.stage.in_(RUNNING)
