"""How long an ERP that is away is left alone: longer after each try, as long as it asks for, and not for ever."""

import math
from datetime import datetime, timedelta

from common import clock
from fetcher.erp import Unavailable

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=1)  # real time
GIVE_UP = timedelta(days=3)  # real time since it was wanted
TRUSTED = 6  # a short Retry-After that keeps coming is trusted so often; then it becomes the usual wait, too


def wait(away: Unavailable, attempt: int) -> timedelta:
    """Real time until the next try, after `attempt` tries that were no better."""
    if away.retry_after is None:
        return _doubled(attempt)
    return min(max(timedelta(seconds=away.retry_after), _doubled(attempt - TRUSTED)), LONGEST_WAIT)


def is_enough(since: datetime, now: datetime) -> bool:
    """Whether it has been wanted for so long (both are business time) that we give up."""
    return timedelta(seconds=(now - since).total_seconds() / max(clock.speed(), 1.0)) >= GIVE_UP


def _doubled(times: int) -> timedelta:
    return min(FIRST_WAIT * math.ldexp(1, min(times, 10)), LONGEST_WAIT)
