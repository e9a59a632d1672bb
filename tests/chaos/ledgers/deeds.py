"""What the ERP said of each invoice, in order."""

from collections import defaultdict
from collections.abc import Iterable

from tests.chaos.facts import Deed


def by_invoice(deeds: Iterable[Deed]) -> dict[str, list[Deed]]:
    found: dict[str, list[Deed]] = defaultdict(list)
    for deed in sorted(deeds, key=lambda deed: deed.at):
        found[deed.invoice].append(deed)
    return found
