"""The broker's door: messages of other systems that are hostile, or merely buggy."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import dramatiq
import pytest
from amqp import Message as AmqpMessage
from dramatiq.errors import DecodeError
from hypothesis import example, given, settings
from hypothesis import strategies as st

from common import clock, db, publisher, storable
from common import events as e
from common.cloudevents import Undecodable, from_wire, to_wire
from common.envelope import LONGEST_DELAY, NotOurs, opened
from common.publisher import DeadLetter
from common.settings import BrokerAddress
from common.tables import FailedMessage, SetAside, Table
from common.worker.broker import Encoder
from scheduler import deadletters, store
from tests.contracts.samples import NOW, SAMPLES
from tests.e2e.town import eventually
from tests.fuzz.outcomes import outcome
from tests.integration import test_messages as broker_tests
from tests.integration.test_messages import Toy, count, order, say, waiting

address, relay, toy = broker_tests.address, broker_tests.relay, broker_tests.toy  # fixtures

QUEUES = dict.fromkeys(e.EVENTS, "dunning")
WIRES: list[dict[str, Any]] = [
    json.loads(to_wire(sample.identified("tests"), source="tests", time=NOW)) for sample in SAMPLES
]
odd = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(st.characters(), max_size=30),
    st.sampled_from(
        [
            *("1E+500", "1E+999999999", "-1E-999999999", "12.345", "NaN", "sNaN", "Infinity", "1000000000.01"),
            *("10000-01-01", "0001-01-01", "9999-12-31", "2026-02-30", "0001-01-01T00:00:00Z"),
            *("9999-12-31T23:59:59-14:00", "2026-03-02T07:30:15", "2026-03-02T07:30:15+99:99"),
            *("\x00", "a\x00b", "\ud800", "\udfff\ud800", "x" * 501, "x" * 100_000, "EUR", "dk.rykkerportalen."),
            *(2**31, -1, 2**63, 10**40, 1e400, -0.0, [], {}, [[]], {"body": {}}),
        ]
    ),
)


def _paths(value: object, so_far: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    below = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [so_far, *(path for name, inner in below for path in _paths(inner, (*so_far, name)))]


def _with(value: Any, path: tuple[Any, ...], content: object) -> Any:
    if not path:
        return content
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _with(copy[path[0]], path[1:], content)
    return copy


@st.composite
def spoilt(draw: st.DrawFn, sound: Any) -> Any:
    """Something sound, with odd things in one or two places."""
    for _ in range(draw(st.integers(1, 2))):
        sound = _with(sound, draw(st.sampled_from(_paths(sound))), draw(odd))
    return sound


# --- events ----------------------------------------------------------------------------------------------------------
@given(wire=st.sampled_from(WIRES).flatmap(spoilt))
@settings(max_examples=800)
def test_what_is_read_can_be_written_down_anywhere(wire: Any) -> None:
    event = outcome(lambda: from_wire(json.dumps(wire)), Undecodable)
    if isinstance(event, Undecodable):
        return

    again = to_wire(event, source="tests", time=NOW)

    assert from_wire(again) == event
    assert "\\u0000" not in again
    assert all(
        value.encode() == value.encode("utf-8", "replace") for value in vars(event).values() if type(value) is str
    )


@pytest.mark.parametrize(
    ("field", "content"),
    [
        ("amount", "1E+999999999"),
        ("amount", "12.345"),
        ("paid", "1000000000.01"),
        ("currency", "EUR"),
        ("due_on", "9999-12-31"),
        ("due_on", "0001-01-01"),
        ("observed_at", "2026-03-02T07:30:15"),
        ("observed_at", "9999-12-31T23:59:59Z"),
        ("sequence", 2**31),
        ("sequence", -1),
        ("number", "10\x0001"),
        ("payment_line", "x" * 501),
    ],
)
def test_what_our_databases_could_not_hold_is_refused_by_name(field: str, content: object) -> None:
    wire = next(wire for wire in WIRES if wire["type"].endswith("invoice.overdue"))

    with pytest.raises(Undecodable, match=field):
        from_wire(json.dumps(_with(wire, ("data", "invoice", field), content)))


@pytest.mark.parametrize("number", [2**31, -1])
@pytest.mark.parametrize("field", ["latest", "objections"])
def test_a_number_of_an_answer_that_no_column_holds_is_refused_by_name(field: str, number: int) -> None:
    wire = next(wire for wire in WIRES if wire["data"].get("objections"))

    with pytest.raises(Undecodable, match=f"{field} is not between"):
        from_wire(json.dumps(_with(wire, ("data", field), dict.fromkeys(wire["data"][field], number))))


def test_half_a_letter_is_refused_with_its_place() -> None:
    with pytest.raises(Undecodable, match=r"surrogate.*byte 16\b"):
        from_wire(r'{"id": "10\ud800 and so on"}')


@pytest.mark.parametrize("body", ["[" * 500_000, '{"data":' * 500_000, '{"a":' * 990 + "1" + "}" * 990])
def test_depth_is_no_way_in(body: str) -> None:
    with pytest.raises(Undecodable):
        from_wire(body)


# --- envelopes -------------------------------------------------------------------------------------------------------
def retry(**changes: Any) -> dict[str, Any]:
    usual = {
        "queue_name": "dunning",
        "actor_name": "decision.made",
        "args": [{"body": json.dumps(WIRES[0])}],
        "kwargs": {},
        "options": {"retries": 1, "traceback": "Oh: no", "requeue_timestamp": 1},
        "message_id": "1",
        "message_timestamp": 1,
    }
    return usual | changes


def test_our_own_retries_are_read_as_they_were_written() -> None:
    soon = 1_000_000 + 600_000
    delayed = retry(queue_name="dunning.DQ", options={"retries": 2, "eta": soon})

    found = [opened(envelope, QUEUES, 1_000_000) for envelope in (retry(), delayed)]

    assert json.loads(json.dumps(found)) == [retry(), delayed]


def test_wishes_of_others_are_passed_over() -> None:
    wishes = {"throws": "x", "max_retries": 10**9, "time_limit": "x", "on_retry_exhausted": "x", "pipe_target": {}}

    found = opened(retry(options=wishes | {"retries": 1}, kwargs={"now": 1}), QUEUES, 0)

    assert (found["options"], found["kwargs"]) == ({"retries": 1}, {})


@pytest.mark.parametrize(
    "changes",
    [
        {"queue_name": "another"},
        {"queue_name": "dunning.DQ"},
        {"actor_name": "another"},
        {"options": {"eta": LONGEST_DELAY * 10}},
        {"queue_name": "dunning.DQ", "options": {"eta": LONGEST_DELAY * 10}},
        {"queue_name": "dunning.DQ", "options": {"eta": 1e300}},
        {"options": {"retries": -(10**9)}},
        {"options": {"retries": "x"}},
        {"options": []},
        {"args": []},
        {"args": [{"body": 1}]},
        {"args": "body"},
        {"message_timestamp": "x"},
    ],
    ids=str,
)
def test_an_envelope_that_is_not_ours_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(NotOurs):
        opened(retry(**changes), QUEUES, 0)


@given(body=st.binary(max_size=50) | st.just(retry()).flatmap(spoilt) | st.sampled_from(WIRES).flatmap(spoilt))
@settings(max_examples=400)
@example(b"[" * 500_000)
@example({"actor_name": 1})
@example(["actor_name"])
def test_a_message_gets_an_actor_of_ours_or_none(body: Any) -> None:
    dramatiq.set_encoder(Encoder(QUEUES))
    try:
        message: Any = dramatiq.Message.decode(body if isinstance(body, bytes) else json.dumps(body).encode())
    except DecodeError:
        return
    finally:
        dramatiq.set_encoder(dramatiq.JSONEncoder())

    assert message.actor_name in QUEUES
    assert message.queue_name in ("dunning", "dunning.DQ")
    assert isinstance(message.args[0]["body"], str)
    assert message.options.keys() <= {"retries", "traceback", "requeue_timestamp", "eta"}


# --- dead letters ----------------------------------------------------------------------------------------------------
headers = st.dictionaries(st.sampled_from(["x-death", "x-first-death-queue", "other"]), odd | st.lists(odd, max_size=2))


@given(
    letter=st.binary(max_size=60) | st.just(retry()).flatmap(spoilt) | st.sampled_from(WIRES).flatmap(spoilt), h=headers
)
@settings(max_examples=250)
@example(b"[" * 500_000, {})
@example({"id": "a\x00b", "type": "\x00", "company": "\x00"}, {})
@example({"id": "\ud800"}, {"x-death": "soon"})
@example(retry(options={"traceback": "\x00"}), {"x-death": []})
def test_whatever_was_given_up_can_be_kept(database: str, letter: Any, h: dict[str, Any]) -> None:
    body = letter if isinstance(letter, bytes) else json.dumps(letter).encode()

    store.keep_failed(deadletters.failed_message(DeadLetter("dunning", body, h), datetime.now(UTC)))


# --- the whole way ---------------------------------------------------------------------------------------------------
def _hostile() -> list[tuple[str, bytes, dict[str, Any]]]:
    """Queue, body and properties of messages, each of which should end among the dead letters alone."""
    made = next(wire for wire in WIRES if wire["type"].endswith("decision.made"))
    plain = [
        b"\xff\xfe",
        b"[" * 200_000,
        json.dumps(_with(made, ("id",), "a\x00b")).encode(),
        json.dumps(_with(made, ("data", "invoice_number"), "\ud800")).encode(),
        json.dumps(_with(made, ("company",), "far too long")).encode(),
        json.dumps(_with(made, ("data", "answered_at"), "9999-12-31T23:59:59Z")).encode(),
        json.dumps({**made, "pad": "x" * 12_000_000, "id": "y" * 100}).encode(),
    ]
    forged = [
        retry(queue_name="another"),
        retry(queue_name="dunning.DQ"),
        retry(options={"eta": 10**15}),
        retry(options={"throws": "x"}, args=[{"body": "{}"}]),
        retry(options={"retries": "x"}),
        retry(options={"time_limit": "x"}, args=[{"body": "[]"}]),
        retry(args=[]),
    ]
    found: list[tuple[str, bytes, dict[str, Any]]] = [("dunning", body, {}) for body in plain]
    found += [("dunning", json.dumps(envelope).encode(), {}) for envelope in forged]
    found += [
        ("dunning.DQ", json.dumps(made).encode(), {}),
        ("dunning", b"\\ud800", {"content_encoding": "unicode_escape"}),
    ]
    return found


def test_no_message_stops_the_ones_behind_it(
    toy: Toy, relay: Callable[[], int], address: BrokerAddress, database: str
) -> None:
    hostile = _hostile()
    with publisher.connected(address) as channel:
        for queue, body, properties in hostile:
            channel.basic_publish(AmqpMessage(body, **properties), exchange="", routing_key=queue)
    toy.start()  # two threads: each hostile message that ends one would be missed by the last
    eventually(lambda: waiting(address, "dunning.XQ") == len(hostile), "all of them among the dead letters", 60)

    say(*[order(f"ok {n}", n) for n in range(4)])
    relay()

    eventually(lambda: count(SetAside) == 4, "the messages behind them being handled")
    kept = publisher.collect_dead_letters(
        address, lambda letter: store.keep_failed(deadletters.failed_message(letter, clock.business_now()))
    )
    assert kept == len(hostile)
    with db.connection():
        assert all(row.cause for row in FailedMessage.select())
    assert toy.process
    toy.process.terminate()
    assert "x" * 1000 not in toy.wait()[1]


def test_every_table_that_holds_an_event_s_names_takes_the_longest() -> None:
    """The limits of storable.py are those of tables.py."""
    wide = {"id": "event_id"}
    for table in Table.__subclasses__():
        for name, most in storable.LONGEST.items():
            field = table._meta.fields.get(wide.get(name, name))
            assert field is None or getattr(field, "max_length", most) >= most, (table, name)
