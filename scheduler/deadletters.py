"""What a queue gave up becomes a row that a person can read: which event, and why."""

from datetime import datetime
from typing import Any

import msgspec

from common import topology
from common.cloudevents import PREFIX, Undecodable, from_wire
from common.publisher import DeadLetter
from common.tables import FailedMessage

LONGEST_CAUSE = 300  # characters


def failed_message(letter: DeadLetter, now: datetime) -> FailedMessage:
    """A dead letter as a row: the event inside dramatiq's envelope (if any) and the last line of its traceback."""
    envelope = _read(letter.body)
    body = _event_in(envelope) or letter.body.decode("utf-8", "replace")
    event = _read(body.encode())
    return FailedMessage(
        queue=letter.queue,
        event_id=_storable(event.get("id", ""))[:100],
        type=_storable(event.get("type", "")).removeprefix(PREFIX)[:100],
        company=_storable(event.get("company", ""))[:8],
        cause=_storable(_cause(envelope, letter.headers, body, letter.queue))[:LONGEST_CAUSE],
        body=_storable(body),
        collected_at=now,
    )


def _storable(content: object) -> str:
    """As any database takes it: without NUL and without halves of letters."""
    return str(content).encode("utf-8", "replace").decode().replace("\x00", "\ufffd")


def _read(body: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _event_in(envelope: dict[str, Any]) -> str:
    match envelope:
        case {"args": [{"body": str(body)}]}:
            return body
    return ""


def _cause(envelope: dict[str, Any], headers: dict[str, Any], body: str, queue: str) -> str:
    options = envelope.get("options")
    if isinstance(options, dict) and (traceback := str(options.get("traceback", "")).strip()):
        return traceback.splitlines()[-1]
    try:
        event = from_wire(body)
    except Undecodable as error:
        return str(error)
    reason = _reason(headers)
    if reason == "delivery_limit":
        return f"delivery_limit by {queue}: each time its worker died, or lost its connection, while it was at work"
    if type(event) not in topology.SUBSCRIPTIONS[queue]:
        return f"{queue} does not hear {event.type}: somebody bound it, or a version that did not know it was running"
    return f"{reason} by {queue}"


def _reason(headers: dict[str, Any]) -> str:
    match headers.get("x-death"):
        case [{"reason": str(reason)}, *_]:
            return reason
    return "unknown"
