"""Pause and resume, whoever asks for it; pure."""

from datetime import date, datetime

from common import events as e
from common.calendar import office_opens
from common.money import ZERO
from dunning.facts import collecting, going_on
from dunning.moves import settled, without_pending_fee
from dunning.procedure import Procedure

RUNNING = ("running", "checking", "collecting_fees", "escalated")  # stages that can be paused


def paused(procedure: Procedure, reason: str, until: date | None, today: date) -> Procedure:
    """No letter and no fee; what was about to leave is withdrawn."""
    after = without_pending_fee(procedure, today, reason).but(stage="paused", reason=reason)
    after = after.but(paused_until=until or procedure.paused_until).waking(office_opens(until) if until else None)
    return after.saying(e.ProcedurePaused, reason=reason, until=until)


def resumed(procedure: Procedure, by: str, now: datetime) -> Procedure:
    after = procedure.saying(e.ProcedureResumed, by=by)
    if after.outstanding > ZERO:
        return going_on(after, now)
    return collecting(after, now) if after.owed.charges > ZERO else settled(after, "paid")
