"""Companies on a terminal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.console import Group, RenderableType

from decisions.policies import Concerned
from deploy.reports.shown import NONE, instant, kroner, pairs, section, table

KEY = {True: "yes", False: "none: nothing is fetched"}


def listed(companies: Iterable[dict[str, Any]]) -> RenderableType:
    rows = ((row["cvr"], row["name"], row["email"], row["fetch_at"], _word(row["has_api_key"])) for row in companies)
    return table(("CVR number", "Name", "E-mail", "Fetched at", "Key"), rows)


def shown(company: dict[str, Any]) -> RenderableType:
    """What it chose, by the names that `rykker company set` takes."""
    known = company | {"has_api_key": KEY[company["has_api_key"]], "created_at": instant(company["created_at"])}
    named = ((name, _word(value)) for name, value in known.items() if name not in ("cvr", "name"))
    return section(f"{company['name']} ({company['cvr']})", pairs(named))


def changed(company: dict[str, Any], concerned: Concerned, *, running: bool) -> RenderableType:
    """The same after a change, and what it means for procedures that are running, or were found in a pause."""
    lines: list[RenderableType] = [shown(company)]
    if running:
        lines.append(f"running procedures that are to follow it: {concerned.adopting}")
    elif concerned.keeping:
        lines.append(f"running procedures that keep theirs: {concerned.keeping}; --running changes them")
    if concerned.asking:
        lines.append(f"invoices that came in during the pause and are asked about now: {concerned.asking}")
    return Group(*lines)


def choices(every: Iterable[dict[str, Any]]) -> RenderableType:
    rows = ((row["name"], _word(row["usual"]), _meaning(row)) for row in every)
    return table(("Choice", "Usual", "What it does"), rows)


def _meaning(choice: dict[str, Any]) -> str:
    return f"{choice['means']} Limited by {choice['law']}." if choice["law"] else str(choice["means"])


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{kroner(value)} kr."
    if isinstance(value, list):
        return ", ".join(value) or NONE
    return NONE if value in ("", None) else str(value)
