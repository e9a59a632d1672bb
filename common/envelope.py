"""Retries as they come back from the broker: only what our own workers wrote is taken from an envelope; pure.

An option is a wish: one of the wrong kind ends a worker's thread, one for the year 3000 holds a place in the queue
until then, and a queue that is not ours leaves a message without anybody who acknowledges it.
"""

from collections.abc import Mapping
from typing import Any

import msgspec

LONGEST_DELAY = 3_600_000  # milliseconds; retries wait ten minutes at most
_DELAYED = ".DQ"


class NotOurs(ValueError):
    """The envelope is none that a worker of ours writes."""


class _Options(msgspec.Struct, omit_defaults=True):
    """What a retry notes; a field that isn't here is passed over."""

    retries: int = 0
    traceback: str = ""
    requeue_timestamp: int = 0
    eta: int | float | None = None  # milliseconds since 1970


class _Body(msgspec.Struct):
    body: str


class _Envelope(msgspec.Struct):
    queue_name: str
    actor_name: str
    args: tuple[_Body]
    options: _Options
    message_id: str
    message_timestamp: int


def opened(fields: Mapping[str, Any], queue_of: Mapping[str, str], now: int) -> dict[str, Any]:
    """The envelope with nothing in it but what we know; `now` is in milliseconds. Raises NotOurs."""
    try:
        envelope = msgspec.convert(fields, _Envelope)
    except (msgspec.ValidationError, RecursionError) as error:
        raise NotOurs(f"{NotOurs.__doc__} {error}") from error
    queue = queue_of.get(envelope.actor_name)
    if envelope.queue_name != (f"{queue}{_DELAYED}" if envelope.options.eta is not None else queue):
        raise NotOurs(f"{NotOurs.__doc__} It is for the queue {envelope.queue_name!r}.")
    if envelope.options.retries < 0 or (envelope.options.eta or 0) > now + LONGEST_DELAY:
        raise NotOurs(f"{NotOurs.__doc__} It would never end.")
    return {"kwargs": {}, **msgspec.to_builtins(envelope)}
