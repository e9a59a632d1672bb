"""Which secrets the API keys stand under, on a terminal."""

from rich.console import Group, RenderableType

from deploy.reports.shown import table
from deploy.rotation import Places


def name(place: int) -> str:
    """How an operator knows a secret: never by its text."""
    return f"RYKKER_OLD_SECRETS, number {place}" if place else "RYKKER_SECRET"


def listed(found: Places) -> RenderableType:
    rows = [(name(place), str(keys)) for place, keys in enumerate(found.counts)]
    todo = ["", "`rykker keys rotate` encrypts them all under RYKKER_SECRET"] if any(found.counts[1:]) else []
    return Group(table(("Secret", ">API keys"), rows), *todo, *_unreadable(found))


def rotated(found: Places) -> RenderableType:
    moved = sum(found.counts[1:])
    done = f"{_keys(moved)} encrypted anew under RYKKER_SECRET; {found.counts[0]} stood under it already"
    return Group(done, *_unreadable(found))


def _unreadable(found: Places) -> list[str]:
    if not found.unreadable:
        return []
    return [
        f"no secret opens the keys of {', '.join(found.unreadable)}: add the one that they were encrypted with to "
        "RYKKER_OLD_SECRETS, or let the companies give them anew"
    ]


def _keys(count: int) -> str:
    return "1 key" if count == 1 else f"{count} keys"
