"""Small pictures: numbers to rectangles and labels that templates/charts.html draws; pure.

Widths are percent of the picture, heights its pixels: so it fits a phone, and its text keeps its size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

Number = int | Decimal
ROW, BASELINE, TOP, THICK = 46, 15, 22, 14  # pixels: a row, its text, its bar
LEAST = Decimal("0.5")  # percent: what is there can be seen
HUNDRED = Decimal(100)


class Bar(NamedTuple):
    """`shown` is the number as people read it; `kind` a class of the stylesheet: main, good, bad, idle, warn, soft."""

    label: str
    value: Number
    shown: str
    kind: str = "main"


class Stack(NamedTuple):
    """A row of several bars, one after the other."""

    label: str
    bars: Sequence[Bar]
    shown: str = ""


class Span(NamedTuple):
    """From `low` to `high`, with a mark in the middle."""

    label: str
    low: Number
    middle: Number
    high: Number
    shown: str


class Rect(NamedTuple):
    x: Decimal
    y: int
    width: Decimal
    kind: str
    height: int = THICK


class Text(NamedTuple):
    text: str
    y: int
    is_number: bool


@dataclass(frozen=True)
class Chart:
    height: int
    rects: tuple[Rect, ...]
    texts: tuple[Text, ...]


def bars(rows: Iterable[Bar]) -> Chart:
    """A bar for each row, the longest as wide as the picture; what is below nothing has none."""
    return stacked(Stack(row.label, (row,), row.shown) for row in rows)


def stacked(rows: Iterable[Stack]) -> Chart:
    """The bars of each row one after the other; the longest row is as wide as the picture."""
    given = list(rows)
    most = max((_length(row.bars) for row in given), default=0)
    rects = [rect for number, row in enumerate(given) for rect in _row(row.bars, most, number * ROW + TOP)]
    return _chart([(row.label, row.shown) for row in given], rects)


def spans(rows: Iterable[Span]) -> Chart:
    """From 0 at the left to the highest of all at the right."""
    given = list(rows)
    most = max((row.high for row in given), default=0)
    rects = [rect for number, row in enumerate(given) for rect in _span(row, most, number * ROW + TOP)]
    return _chart([(row.label, row.shown) for row in given], rects)


def _chart(labels: Sequence[tuple[str, str]], rects: Iterable[Rect]) -> Chart:
    texts = []
    for number, (label, shown) in enumerate(labels):
        texts += [Text(label, number * ROW + BASELINE, False), Text(shown, number * ROW + BASELINE, True)]
    return Chart(len(labels) * ROW, tuple(rects), tuple(texts))


def _row(drawn: Sequence[Bar], most: Number, y: int) -> list[Rect]:
    found, x = [Rect(Decimal(0), y, HUNDRED, "ground")], Decimal(0)
    for bar in drawn:
        if bar.value > 0:
            width = min(max(_percent(bar.value, most), LEAST), HUNDRED - x)
            found.append(Rect(x, y, width, bar.kind))
            x += width
    return found


def _span(row: Span, most: Number, y: int) -> list[Rect]:
    low, middle, high = (_percent(max(value, 0), most) for value in (row.low, row.middle, row.high))
    mark = min(middle, HUNDRED - 1)
    ground = Rect(Decimal(0), y, HUNDRED, "ground")
    return [ground, Rect(low, y, max(high - low, LEAST), "soft"), Rect(mark, y - 3, Decimal(1), "main", THICK + 6)]


def _length(drawn: Iterable[Bar]) -> Number:
    return sum(max(bar.value, 0) for bar in drawn)


def _percent(value: Number, most: Number) -> Decimal:
    return round(Decimal(value) * 100 / Decimal(most), 2) if most > 0 else Decimal(0)
