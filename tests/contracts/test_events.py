"""What other systems have seen stays readable: every event's wire form is frozen here.

`python -m tests.contracts.test_events` writes the sample of a new event; an old one is never written again.
"""

import json
from pathlib import Path

import pytest

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


def test_every_event_has_its_sample_and_every_sample_its_event() -> None:
    assert {event.type for event in SAMPLES} == set(EVENTS) == {path.stem for path in FOLDER.glob("*.json")}


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for sample in SAMPLES:
        path = FOLDER / f"{sample.type}.json"
        if not path.exists():
            path.write_text(wire(sample))
