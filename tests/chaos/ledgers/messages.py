"""What was said, heard and handled."""

from collections.abc import Iterator
from datetime import timedelta

from tests.chaos.facts import Facts

ON_ITS_WAY = timedelta(seconds=5)  # real time: a timer falls due at any instant, and a relay looks now and then


def every_event_was_heard_under_one_id(facts: Facts) -> Iterator[str]:
    heard = {event.id: event for event in facts.heard}
    for event in facts.heard:
        if event.content != heard[event.id].content:
            yield f"{event.type} {event.id} was heard with two contents"
    for row in facts.outbox:
        if row.is_published and row.id not in heard:
            yield f"{row.type} {row.id} counts as published, and the subscriber never heard it"
    for event_id in heard.keys() - {row.id for row in facts.outbox}:
        yield f"the subscriber heard {heard[event_id].type} {event_id}, which nobody said"


def everything_is_published_and_handled(facts: Facts) -> Iterator[str]:
    latest = facts.business(facts.now - ON_ITS_WAY)
    for row in facts.outbox:
        if not row.is_published and row.at <= latest:
            yield f"{row.type} {row.id} was due at {row.at:%F %H:%M} and is not published"
    for queue, left in facts.queues.items():
        if left:
            yield f"{left} messages are left in the queue {queue}"


def a_subscriber_that_sleeps_has_the_newest_events(facts: Facts) -> Iterator[str]:
    """His queue was full, or nothing shows that a full queue stops nobody."""
    said = sum(1 for row in facts.outbox if row.is_published)
    if facts.asleep != (expected := min(facts.room, said)):
        yield f"the queue of the subscriber that sleeps holds {facts.asleep} events, and should hold {expected}"
