"""On which days a procedure was handed on and ended, for the numbers that a company sees; pure."""

from datetime import date

from dunning.procedure import OVER, Procedure


def dated(before: Procedure | None, after: Procedure, today: date) -> Procedure:
    """It ended when it came to be over, until it goes on; it was handed on the first time, unless what warned of that
    never arrived.
    """
    was_over = before is not None and before.id == after.id and before.stage in OVER
    ended_on = (after.ended_on if was_over else today) if after.stage in OVER else None
    escalated_on = after.escalated_on or (today if after.stage == "escalated" else None)
    return after.but(ended_on=ended_on, escalated_on=escalated_on if after.warned_on else None)
