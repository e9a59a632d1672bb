"""What can be seen over AMQP alone: that our queues are there, and that they have the arguments they should have.

A queue that is declared again with other arguments than it has is refused; one that is missing would be made, so each
is looked at passively first.
"""

from collections.abc import Iterator
from typing import Any

from common import topology
from common.publisher import BrokerUnreachable, connected
from common.settings import BrokerAddress
from deploy.doctor.finding import Finding, bad, good, unchecked

OLDEST = (3, 10)  # quorum queues with at-least-once dead-lettering
REFUSED, MISSING, DIFFERENT = 403, 404, 406  # AMQP's reply codes
APPLY = "`rykker topology apply` makes what is missing"


def findings(address: BrokerAddress) -> Iterator[Finding]:
    try:
        with connected(address) as channel:
            yield _version(channel.connection.server_properties, address)
            yield _exchange(channel.connection)
            yield from _queues(channel.connection)
    except BrokerUnreachable as error:
        yield bad("broker", str(error), "is it running, and are RYKKER_AMQP_URL's host, user and virtual host right?")


def _version(properties: dict[str, Any], address: BrokerAddress) -> Finding:
    product, version = properties.get("product", "an unknown broker"), str(properties.get("version", "?"))
    found = f"{product} {version} at {address}"
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return good("broker", found) if numbers >= OLDEST else bad("broker", found, "RabbitMQ 3.10 or later is needed")


def _exchange(connection: Any) -> Finding:
    about = f"exchange {topology.EVENTS.name}"
    code = _answer(connection, lambda channel: topology.EVENTS(channel).declare(passive=True))
    return good(about, "is there") if code is None else bad(about, _words(code), APPLY)


def _queues(connection: Any) -> Iterator[Finding]:
    right, unseen = [], []
    for queue in topology.queues():
        about = f"queue {queue.name}"
        code = _answer(connection, lambda channel, queue=queue: queue(channel).queue_declare(passive=True))
        if code is not None:
            yield bad(about, _words(code), APPLY)
            continue
        code = _answer(connection, lambda channel, queue=queue: queue(channel).queue_declare())
        if code == DIFFERENT:
            yield bad(about, "has other arguments than it should", "empty it, delete it, `rykker topology apply`")
        elif code is None:
            right.append(queue.name)
        else:
            unseen.append(queue.name)
    if right:
        yield good("queues", f"{len(right)} with the arguments they should have: {', '.join(right)}")
    if unseen:
        yield unchecked("arguments", f"this user may not declare queues; all of {', '.join(unseen)} are there")


def _answer(connection: Any, ask: Any) -> int | None:
    """The broker's refusal, if it is one; each question has a channel of its own, since a refusal closes it."""
    channel = connection.channel()
    try:
        ask(channel)
    except connection.channel_errors as error:
        return int(error.reply_code)
    channel.close()
    return None


def _words(code: int) -> str:
    return {REFUSED: "this user has no right to it", MISSING: "is missing"}.get(code, f"the broker answers {code}")
