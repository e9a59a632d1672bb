"""Failed messages on a terminal."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from deploy.reports import failed
from deploy.reports.shown import NONE, instant, pairs, section, table
from scheduler.failed import Outcome

MOST = 10  # companies or IDs in one line
NEXT = """\
rykker failed show ID                   what it says, and whether a replay is possible
rykker failed replay ID                 once its cause is gone: to its queue again
rykker failed archive ID --reason WHY   if nobody needs it
CAUSE, or the beginning of one, instead of ID means all that have it."""


def listed(groups: Sequence[failed.Group], state: str) -> RenderableType:
    if not groups:
        return "no message has failed" if state == "open" else f"no failed message was {state}"
    hint = Text(NEXT if state == "open" else "", style="dim")
    return Group(*(section(group.cause, pairs(_lines(group))) for group in groups), hint)


def _lines(group: failed.Group) -> list[tuple[str, str]]:
    until = "" if group.first_at == group.last_at else f" to {instant(group.last_at)}"
    lines = [
        ("Messages", f"{group.count} of {group.type or 'no known type'} in {group.queue}"),
        ("Companies", _some(group.companies)),
        ("Failed", instant(group.first_at) + until),
        ("IDs", _some(map(str, group.ids))),
    ]
    if group.reasons:
        lines.append(("Why", "; ".join(group.reasons)))
    if group.came_back:
        lines.append(("Came back", f"{group.came_back} after a replay"))
    return lines


def _some(names: Iterable[str]) -> str:
    every = list(names)
    more = f" and {len(every) - MOST} more" if len(every) > MOST else ""
    return ", ".join(every[:MOST]) + more or NONE


def shown(failures: Iterable[failed.Failure]) -> RenderableType:
    return Group(*(section(f"Message {one.id}", pairs(_about(one))) for one in failures))


def _about(one: failed.Failure) -> list[tuple[str, str]]:
    lines = [
        ("Cause", one.cause),
        ("Queue", one.queue),
        ("Type", one.type or NONE),
        ("Company", one.company or NONE),
        ("Event id", one.event_id or NONE),
        ("Failed", f"{instant(one.collected_at)}{f', {one.times} times so far' if one.times > 1 else ''}"),
        ("Replay", _chance(one)),
    ]
    return lines + ([("Event", "\n".join(_fields(one.event)))] if one.event else [("Size", f"{one.size} bytes")])


def _chance(one: failed.Failure) -> str:
    if one.not_replayable:
        return f"impossible: {one.not_replayable}"
    return "not needed: it was handled in the meantime" if one.handled_since else "possible"


def _fields(event: dict[str, Any], before: str = "") -> Iterable[str]:
    for name, value in event.items():
        if isinstance(value, dict):
            yield from _fields(value, f"{before}{name}.")
        elif name not in ("id", "company") and value not in (None, ""):
            yield f"{before}{name}: {value}"


def replayed(outcomes: Sequence[Outcome]) -> RenderableType:
    """How many of each, and each that was not simply replayed."""
    counts = Counter(outcome.result for outcome in outcomes)
    total = ", ".join(f"{count} {result}" for result, count in counts.items())
    rest = [(f"{one.id}", one.type, one.result, one.why) for one in outcomes if one.result != "replayed"]
    ids = "with the same event ids, to their own queues only; one that fails again will be listed again"
    parts: list[RenderableType] = [Text(f"{total}: {ids}" if counts["replayed"] else total)]
    return Group(*parts, table((">ID", "Type", "Result", "Why"), rest)) if rest else Group(*parts)
