"""The wire form of an event: CloudEvents 1.0 in structured JSON."""

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from common.events import EVENTS, Event

CONTENT_TYPE = "application/cloudevents+json"
PREFIX = "dk.rykkerportalen."
NotEmpty = Annotated[str, msgspec.Meta(min_length=1)]


class Undecodable(ValueError):
    """The message is no event that this version can read."""


class _CloudEvent(msgspec.Struct, frozen=True, kw_only=True):
    """CloudEvents 1.0 in its JSON format, as far as we use it; what others add is passed over."""

    id: NotEmpty
    source: NotEmpty
    type: NotEmpty
    subject: NotEmpty | None = None
    time: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    datacontenttype: NotEmpty | None = None
    company: str
    specversion: Literal["1.0"]
    data: dict[str, Any]


_READER = msgspec.json.Decoder(_CloudEvent)
_WRITER = msgspec.json.Encoder()


def to_wire(event: Event, *, source: str, time: datetime) -> str:
    """The event, which must have its id, as CloudEvents JSON."""
    data = msgspec.to_builtins(event)
    wire = _CloudEvent(
        id=data.pop("id"),
        source=f"/{source}",
        type=PREFIX + event.type,
        subject=event.subject,
        time=time,
        datacontenttype="application/json",
        company=data.pop("company"),
        specversion="1.0",
        data=data,
    )
    return _WRITER.encode(wire).decode()


def from_wire(body: bytes | str) -> Event:
    """Raises Undecodable, saying what is wrong with the message."""
    try:
        wire = _READER.decode(body)
        kind = EVENTS[wire.type.removeprefix(PREFIX)]
        return msgspec.convert(wire.data | {"id": wire.id, "company": wire.company}, kind)
    except KeyError as error:
        raise Undecodable(f"{Undecodable.__doc__} Unknown type {error}.") from error
    except (ValueError, RecursionError) as error:
        raise Undecodable(f"{Undecodable.__doc__} {error}") from error
