"""What other systems have seen stays readable: every event's wire form is frozen here.

`python -m tests.contracts.test_events` writes the sample of a new event; an old one is never written again.
"""

import json
from pathlib import Path

import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from common import events as e
from common.events import EVENTS, from_wire, to_wire
from tests.contracts.samples import NOW, SAMPLES

FOLDER = Path(__file__).parent / "events"


def wire(event: e.Event) -> str:
    body = to_wire(event.identified("rykkerportalen"), source="rykkerportalen", time=NOW)
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_every_event_still_has_the_form_that_was_frozen(event: e.Event) -> None:
    assert (FOLDER / f"{event.type}.json").read_text() == wire(event)


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_a_frozen_sample_is_read_as_the_event_it_was(event: e.Event) -> None:
    assert from_wire((FOLDER / f"{event.type}.json").read_bytes()) == event.identified("rykkerportalen")


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_a_field_from_a_later_version_is_passed_over(event: e.Event) -> None:
    later = json.loads((FOLDER / f"{event.type}.json").read_text())
    later["data"]["invented_later"] = {"n": 1}
    later["laterattribute"] = "x"

    assert from_wire(json.dumps(later)) == event.identified("rykkerportalen")


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_the_library_of_cloudevents_reads_what_we_write(event: e.Event) -> None:
    known = event.identified("rykkerportalen")

    read = JSONFormat().read(CloudEvent, to_wire(known, source="rykkerportalen", time=NOW))

    assert read.get_attributes() == {
        "specversion": "1.0",
        "id": known.id,
        "source": "/rykkerportalen",
        "type": f"dk.rykkerportalen.{event.type}",
        "subject": event.subject,
        "time": NOW,
        "datacontenttype": "application/json",
        "company": event.company,
    }
    assert e.CONTENT_TYPE == JSONFormat.CONTENT_TYPE


@pytest.mark.parametrize("event", SAMPLES, ids=lambda event: event.type)
def test_we_read_what_the_library_of_cloudevents_writes(event: e.Event) -> None:
    known = event.identified("rykkerportalen")
    data = msgspec.to_builtins(known)
    least = {"id": data.pop("id"), "company": data.pop("company"), "source": "/x", "time": NOW}

    written = JSONFormat().write(CloudEvent(least | {"type": f"dk.rykkerportalen.{event.type}"}, data))

    assert from_wire(written) == known


def test_every_event_has_its_sample_and_every_sample_its_event() -> None:
    assert {event.type for event in SAMPLES} == set(EVENTS) == {path.stem for path in FOLDER.glob("*.json")}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for sample in SAMPLES:
        path = FOLDER / f"{sample.type}.json"
        if not path.exists():
            path.write_text(wire(sample))
