"""Publishing without a database: pipelined, with the broker's confirms."""

import time
from collections.abc import Iterator, Sequence

import amqp

from common import clock, cloudevents, publisher, topology
from common import events as e
from common.cloudevents import CONTENT_TYPE
from common.settings import BrokerAddress

IN_FLIGHT = 1000  # messages that wait for their confirms
Body = tuple[str, str, str]  # type, id and text


def publish(address: BrokerAddress, bodies: Sequence[Body]) -> float:
    """Returns the seconds until the last confirm."""
    with publisher.connected(address) as channel:
        unconfirmed: set[int] = set()
        channel.confirm_select()
        channel.events["basic_ack"].add(lambda tag, multiple: _settle(unconfirmed, tag, multiple))
        began = time.perf_counter()
        for tag, (kind, event_id, body) in enumerate(bodies, start=1):
            message = amqp.Message(
                body.encode(), content_type=CONTENT_TYPE, delivery_mode=2, message_id=event_id, type=kind
            )
            unconfirmed.add(tag)
            channel.basic_publish(message, exchange=topology.EVENTS.name, routing_key=kind)
            if len(unconfirmed) >= IN_FLIGHT:
                channel.connection.drain_events(timeout=30)
        while unconfirmed:
            channel.connection.drain_events(timeout=30)
        return time.perf_counter() - began


def _settle(unconfirmed: set[int], tag: int, multiple: bool) -> None:
    if multiple:
        unconfirmed.difference_update([one for one in unconfirmed if one <= tag])
    else:
        unconfirmed.discard(tag)


def waiting(address: BrokerAddress, queue: str = "dunning") -> int:
    with publisher.connected(address) as channel:
        return int(channel.queue_declare(queue, passive=True).message_count)


def said(n: int) -> list[Body]:
    """So many timers that are due, each with an id of its own."""
    now = clock.business_now()
    due = (
        e.ProcedureDue(company="12345674", procedure_id=f"p-{number}", invoice_number=str(number), wake_no=1)
        for number in range(n)
    )
    events: Iterator[e.Event] = (one.identified("bench") for one in due)
    return [(event.type, event.id, cloudevents.to_wire(event, source="bench", time=now)) for event in events]
