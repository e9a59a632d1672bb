"""Companies that were not asked, on a terminal."""

from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType

from deploy.reports.refused import NotAsked
from deploy.reports.shown import pairs, section

LISTED = 20  # invoices; the JSON form has them all


def not_asked(companies: Sequence[NotAsked]) -> RenderableType:
    if not companies:
        return "every company was asked, or is being asked"
    return Group(*(section(f"{one.name} ({one.company})", pairs(_about(one))) for one in companies))


def _about(one: NotAsked) -> Iterator[tuple[str, str]]:
    more = len(one.invoices) - LISTED
    yield "Not asked about", ", ".join(one.invoices[:LISTED]) + (f" and {more} more" if more > 0 else "")
    yield "Address", one.email
    yield "Refused", one.reason
    yield "Asked again", "with its next fetch" if one.again else "with the first fetch after its address is another one"
    yield "Another address", f"rykker company set {one.company} email=…"
    yield "Ask now", f"rykker fetch {one.company}"
