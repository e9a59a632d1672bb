"""What other systems have seen stays readable: every event's wire form is frozen here.

`python -m tests.contracts.test_events` writes the sample of a new event; an old one is never written again. Fields that
an event got later are in a sample of their own: EVENT.2.json.
"""

import json
from dataclasses import fields
from pathlib import Path

import msgspec
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from common import cloudevents
from common import events as e
from common.cloudevents import from_wire, to_wire
from common.events import EVENTS
from tests.contracts.samples import NAMED, NOW, SAMPLES

FOLDER = Path(__file__).parent / "events"


def wire(event: e.Event) -> str:
    body = to_wire(event.identified("rykkerportalen"), source="rykkerportalen", time=NOW)
    return json.dumps(json.loads(body), indent=2, ensure_ascii=False) + "\n"


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


named = pytest.mark.parametrize(("name", "event"), NAMED.items(), ids=NAMED.keys())


@named
def test_every_event_still_has_the_fields_that_were_frozen(name: str, event: e.Event) -> None:
    """It may have got others since: those of its defaults."""
    frozen, written = json.loads(path_of(name).read_text()), json.loads(wire(event))

    assert {**written, "data": {field: written["data"][field] for field in frozen["data"]}} == frozen


@named
def test_a_frozen_sample_is_read_as_the_event_it_was(name: str, event: e.Event) -> None:
    assert from_wire(path_of(name).read_bytes()) == event.identified("rykkerportalen")


@named
def test_a_field_from_a_later_version_is_passed_over(name: str, event: e.Event) -> None:
    later = json.loads(path_of(name).read_text())
    later["data"]["invented_later"] = {"n": 1}
    later["laterattribute"] = "x"

    assert from_wire(json.dumps(later)) == event.identified("rykkerportalen")


@pytest.mark.parametrize("event", SAMPLES, ids=NAMED.keys())
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
    assert cloudevents.CONTENT_TYPE == JSONFormat.CONTENT_TYPE


@pytest.mark.parametrize("event", SAMPLES, ids=NAMED.keys())
def test_we_read_what_the_library_of_cloudevents_writes(event: e.Event) -> None:
    known = event.identified("rykkerportalen")
    data = msgspec.to_builtins(known)
    least = {"id": data.pop("id"), "company": data.pop("company"), "source": "/x", "time": NOW}

    written = JSONFormat().write(CloudEvent(least | {"type": f"dk.rykkerportalen.{event.type}"}, data))

    assert from_wire(written) == known


def test_every_event_has_its_sample_and_every_sample_its_event() -> None:
    assert {event.type for event in SAMPLES} == set(EVENTS)
    assert set(NAMED) == {path.stem for path in FOLDER.glob("*.json")}


def test_every_field_of_an_event_is_in_one_of_its_samples() -> None:
    frozen = {
        (name.removesuffix(".2").removesuffix(".3"), field)
        for name in NAMED
        for field in json.loads(path_of(name).read_text())["data"]
    }
    known = {(kind.type, field.name) for kind in EVENTS.values() for field in fields(kind)}

    assert {(kind, field) for kind, field in known if field not in ("id", "company")} == frozen


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, sample in NAMED.items():
        if not path_of(name).exists():
            path_of(name).write_text(wire(sample))
