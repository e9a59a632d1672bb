"""What was measured, as a table for a person and as lines of JSON for a machine."""

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

SHORT = 30.0  # seconds; who has taken longer is not measured again


Detail = Mapping[str, Mapping[str, float]]  # what → whose → how much


@dataclass(frozen=True, kw_only=True)
class Figure:
    """`ours` and `bare` in `unit`; `met` says whether `target` was reached, None where there is none to reach."""

    row: str
    what: str
    n: int
    ours: float
    unit: str
    bare: float | None = None
    against: str = ""
    target: str = ""
    met: bool | None = None
    detail: Detail = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.ours / self.bare if self.bare else None


def medians(measure: Callable[[], Sequence[float]], most: int) -> list[float]:
    """The median of each thing that `measure` measures; up to `most` times, fewer where it is slow."""
    began, runs = time.monotonic(), [measure()]
    while len(runs) < most and time.monotonic() - began < SHORT:
        runs.append(measure())
    return [median(each) for each in zip(*runs, strict=True)]


def note(figure: Figure, at: str, path: Path) -> None:
    with path.open("ab") as lines:
        lines.write(msgspec.json.encode({"at": at} | asdict(figure) | {"ratio": figure.ratio}) + b"\n")


def show(figures: Sequence[Figure], title: str) -> None:
    console = Console(width=None if sys.stdout.isatty() else 150)
    table = Table(title=title, title_justify="left")
    for name in ("", "what", "n", "ours", "bare", "unit", "ours / bare", "target"):
        table.add_column(name, justify="right" if name in ("n", "ours", "bare", "ours / bare") else "left")
    for figure in figures:
        table.add_row(
            figure.row,
            figure.what + (f"\n[dim]beside {figure.against}[/]" if figure.against else ""),
            f"{figure.n:,}",
            _short(figure.ours),
            _short(figure.bare) if figure.bare is not None else "",
            figure.unit,
            f"{figure.ratio:.0%}" if figure.ratio else "",
            figure.target + {True: "  [green]met[/]", False: "  [red]not met[/]", None: ""}[figure.met],
        )
    console.print(table)
    for figure in figures:
        if figure.detail:
            console.print(_details(figure))


def _details(figure: Figure) -> Table:
    table = Table(title=f"{figure.row}: {figure.what}, {figure.n:,}", title_justify="left")
    for name in ("", "ours", "bare"):
        table.add_column(name, justify="right" if name else "left")
    for what, values in figure.detail.items():
        table.add_row(what, *(_short(values[whose]) if whose in values else "" for whose in ("ours", "bare")))
    return table


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
