"""Companies on a terminal."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from rich.console import RenderableType

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


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{kroner(value)} kr."
    if isinstance(value, list):
        return ", ".join(value) or NONE
    return str(value) or NONE
