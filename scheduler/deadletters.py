"""What a queue gave up becomes a row that a person can read: which event, and why."""

from datetime import datetime
from typing import Any

import msgspec

from common.events import PREFIX, Undecodable, from_wire
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
        event_id=str(event.get("id", ""))[:100],
        type=str(event.get("type", "")).removeprefix(PREFIX)[:100],
        company=str(event.get("company", ""))[:8],
        cause=_cause(envelope, letter.headers, body)[:LONGEST_CAUSE],
        body=body.replace("\x00", "\ufffd"),
        collected_at=now,
    )


def _read(body: bytes) -> dict[str, Any]:
    try:
        fields = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}
    return fields if isinstance(fields, dict) else {}


def _event_in(envelope: dict[str, Any]) -> str:
    match envelope:
        case {"args": [{"body": str(body)}]}:
            return body
    return ""


def _cause(envelope: dict[str, Any], headers: dict[str, Any], body: str) -> str:
    options = envelope.get("options")
    if isinstance(options, dict) and (traceback := str(options.get("traceback", "")).strip()):
        return traceback.splitlines()[-1]
    try:
        from_wire(body)
    except Undecodable as error:
        return str(error)
    deaths = headers.get("x-death") or [{}]
    return f"{deaths[0].get('reason', 'unknown')} by {deaths[0].get('queue', 'the queue')}"
