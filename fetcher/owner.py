"""Whose a key is, from the ERP's answer to it; pure.

The names of its fields are documented nowhere (facts/ordrestyring-api.md 1.1), so likely ones are looked for, and what
looks like nobody is nobody.
"""

import re
from collections.abc import Iterator
from typing import Any

from fetcher import reading
from fetcher.erp import Owner

MOST = 300  # fields that are looked at
DEEPEST = 4  # levels
NAMES = (  # the better ones first; two levels are read as one word, so that customer: {name} is a customername
    *("companyname", "customername", "firmname", "firmanavn", "accountname", "organizationname", "organisationname"),
    *("company", "customer", "firm", "firma", "account", "organization", "organisation", "name", "navn"),
)
CVRS = (
    *("companycvr", "customercvr", "cvr", "cvrnumber", "cvrno", "cvrnr", "cvrnummer"),
    *("vatnumber", "vatno", "companyvat", "customervat", "vat"),
)


def owner(answer: object) -> Owner:
    """Name and CVR number, each "" where there is none: bounded, printable, on one line."""
    fields = list(_fields(answer))
    name = _best(fields, NAMES, _name)
    return Owner(name, _best(fields, CVRS, _cvr))


def _fields(answer: object) -> Iterator[tuple[str, str, object]]:
    """Each value with its name and its name after the one above it; the upper levels first, and not too many."""
    level: list[tuple[str, object]] = [("", answer)]
    seen = 0
    for _ in range(DEEPEST):
        deeper: list[tuple[str, object]] = []
        for above, value in level:
            for name, inner in _named(above, value):
                seen += 1
                if seen > MOST:
                    return
                yield above + name, name, inner
                deeper.append((name, inner))
        level = deeper


def _named(above: str, value: object) -> Iterator[tuple[str, object]]:
    """The inner values of an object; those of a list go by the name of the list."""
    if isinstance(value, dict):
        yield from ((re.sub(r"[\W_]", "", str(name)[:40]).lower(), inner) for name, inner in value.items())
    elif isinstance(value, list):
        yield from ((above, inner) for inner in value)


def _best(fields: list[tuple[str, str, object]], names: tuple[str, ...], read: Any) -> str:
    for wanted in names:
        for joined, name, value in fields:
            if wanted in (joined, name) and (found := read(value)):
                return str(found)
    return ""


def _name(value: object) -> str:
    return reading.text(value) if isinstance(value, str) else ""


def _cvr(value: object) -> str:
    return reading.cvr(value) or ""
