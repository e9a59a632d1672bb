"""`rykker doctor` on a terminal."""

from collections import Counter
from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from deploy.doctor.finding import Finding

COLOURS = {"✓": "green", "!": "bold yellow", "✗": "bold red", "–": "yellow"}


def shown(found: Sequence[Finding]) -> RenderableType:
    grid = Table.grid(padding=(0, 1))
    for _ in range(2):
        grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    for one in found:
        mark = Text(one.mark, style=COLOURS[one.mark])
        words = Text.assemble(one.found, (f"\n→ {one.todo}" if one.todo else "", "bold"))
        grid.add_row(mark, Text(one.about), words)
    count = Counter(one.mark for one in found)
    late = f"{count['!']} wrong soon, " if count["!"] else ""
    return Group(grid, "", f"{count['✓']} right, {late}{count['✗']} wrong, {count['–']} not checked")
