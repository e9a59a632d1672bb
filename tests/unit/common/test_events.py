import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from common import cloudevents
from common import events as e
from common.cloudevents import Undecodable, from_wire, to_wire
from common.topology import SUBSCRIPTIONS
from tests.contracts.samples import INVOICE, NOW, SAMPLES

OVERDUE = e.InvoiceOverdue(company="12345674", invoice=INVOICE)


def test_a_repeat_has_the_same_id_and_real_news_another() -> None:
    same = e.InvoiceOverdue(company="12345674", invoice=replace(INVOICE, observed_at=NOW.replace(hour=9)))
    newer = e.InvoiceOverdue(company="12345674", invoice=replace(INVOICE, sequence=4))
    other = e.InvoiceOverdue(company="12345675", invoice=INVOICE)

    ids = [event.identified("a").id for event in (OVERDUE, same, newer, other)]

    assert ids[0] == ids[1]
    assert len({*ids, OVERDUE.identified("b").id}) == 4


def test_no_two_samples_share_an_id() -> None:
    assert len({event.identified("a").id for event in SAMPLES}) == len(SAMPLES)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"id": "1", "type": "x", "source": "y", "specversion": "1.0"}',
        b'{"id":"1","source":"/x","specversion":"1.0","type":"dk.rykkerportalen.invoice.overdue","company":"1","data":[]}',
        b'{"id":"1","source":"/x","specversion":"1.0","type":"dk.rykkerportalen.invoice.overdue","data":{}}',
    ],
)
def test_what_is_no_event_is_undecodable(broken: bytes) -> None:
    with pytest.raises(Undecodable):
        from_wire(broken)


@pytest.mark.parametrize(
    ("field", "value"), [("amount", "12,5"), ("amount", "NaN"), ("due_on", "soon"), ("status", "odd")]
)
def test_a_field_of_another_kind_is_undecodable(field: str, value: str) -> None:
    wire = json.loads(to_wire(OVERDUE.identified("a"), source="a", time=NOW))
    wire["data"]["invoice"][field] = value

    with pytest.raises(Undecodable):
        from_wire(json.dumps(wire))


@pytest.mark.parametrize(
    ("status", "paid", "outstanding"),
    [
        ("open", "250.00", "1000.50"),
        ("open", "2000.00", "0.00"),
        ("paid", "1250.50", "0.00"),
        ("credited", "0.00", "0.00"),
    ],
)
def test_only_an_open_invoice_is_outstanding(status: Any, paid: str, outstanding: str) -> None:
    invoice = replace(INVOICE, status=status, paid=Decimal(paid))

    assert invoice.outstanding == Decimal(outstanding)


def test_every_event_has_a_reader_or_is_for_subscribers_alone() -> None:
    """Those without a reader of ours stand in README.md, for other systems."""
    heard = {event for events in SUBSCRIPTIONS.values() for event in events}

    unheard = {kind for name, kind in e.EVENTS.items() if kind not in heard}

    assert unheard == {
        e.ProcedureCancelled,
        e.ProcedurePaused,
        e.ProcedureResumed,
        e.FeeReversed,
        e.LetterHeld,
        e.ApiKeyAccepted,
        e.ApiKeyRefused,
        e.ApiKeyUnreachable,
    }


def test_an_event_is_heard_on_one_queue_of_a_process_only() -> None:
    for process in ("fetcher", "dunning", "notifier"):
        heard = [event for queue, events in SUBSCRIPTIONS.items() if queue.startswith(process) for event in events]
        assert len(heard) == len(set(heard))


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"specversion": "0.3"}, "specversion"),
        ({"specversion": None}, "specversion"),
        ({"time": "2026-03-02T07:30:15"}, "time"),
    ],
)
def test_an_envelope_of_another_kind_is_refused_by_the_name_of_what_is_wrong(
    changes: dict[str, Any], named: str
) -> None:
    wire = json.loads(cloudevents.to_wire(SAMPLES[0].identified("tests"), source="tests", time=NOW)) | changes
    other = {name: value for name, value in wire.items() if value is not None}

    with pytest.raises(cloudevents.Undecodable, match=named):
        cloudevents.from_wire(json.dumps(other))
