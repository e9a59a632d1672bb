"""What was measured, as a table for a person and as lines of JSON for a machine."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

import msgspec
from rich.console import Console
from rich.table import Table

JSON_LINES = Path(".run/bench.jsonl")


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
    detail: Mapping[str, float | str] = field(default_factory=dict)

    @property
    def ratio(self) -> float | None:
        return self.ours / self.bare if self.bare else None


def middle(figures: Sequence[float]) -> float:
    return float(median(figures))


def note(figure: Figure, at: str) -> None:
    JSON_LINES.parent.mkdir(mode=0o700, exist_ok=True)
    with JSON_LINES.open("ab") as lines:
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
            console.print(f"\n{figure.row}, {figure.what}: {_listed(figure.detail)}", highlight=False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _listed(detail: Mapping[str, float | str]) -> str:
    shown = {name: _short(value) if isinstance(value, float) else value for name, value in detail.items()}
    return " · ".join(f"{name} {value}" for name, value in shown.items())
