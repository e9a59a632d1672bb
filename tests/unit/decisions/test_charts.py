"""Numbers become rectangles."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from decisions.charts import Bar, Span, Stack, bars, spans, stacked


def test_the_longest_bar_is_as_wide_as_the_picture_and_the_others_in_proportion() -> None:
    chart = bars([Bar("a", Decimal("50.00"), "50"), Bar("b", 200, "200"), Bar("c", 0, "0")])

    assert [(int(one.x), int(one.width)) for one in chart.rects if one.kind == "main"] == [(0, 25), (0, 100)]
    assert [one.text for one in chart.texts] == ["a", "50", "b", "200", "c", "0"]
    assert chart.height == 3 * 46


def test_what_is_below_nothing_has_no_bar_and_what_is_tiny_can_be_seen() -> None:
    chart = bars([Bar("lost", -5, "-5"), Bar("tiny", 1, "1"), Bar("all", 100_000, "100.000")])

    assert [(one.y, one.width) for one in chart.rects if one.kind == "main"] == [(68, Decimal("0.5")), (114, 100)]


def test_stacked_bars_follow_each_other() -> None:
    chart = stacked([Stack("fees", [Bar("paid", 30, "", "good"), Bar("open", 10, "", "idle")], "40")])

    drawn = [(one.kind, int(one.x), int(one.width)) for one in chart.rects if one.kind != "ground"]
    assert drawn == [("good", 0, 75), ("idle", 75, 25)]


def test_a_span_reaches_from_its_low_to_its_high_with_a_mark_in_its_middle() -> None:
    chart = spans([Span("May", 5, 10, 20, "10"), Span("June", 20, 30, 40, "30")])

    drawn = [(one.kind, one.x, one.width) for one in chart.rects if one.kind != "ground"]
    assert drawn == [
        ("soft", Decimal("12.5"), Decimal("37.5")),
        ("main", 25, 1),
        ("soft", 50, 50),
        ("main", 75, 1),
    ]


def test_nothing_is_drawn_of_nothing() -> None:
    assert not bars([]).rects
    assert not bars([]).texts
    assert {one.kind for one in bars([Bar("a", 0, "0")]).rects} == {"ground"}
    assert spans([Span("May", 0, 0, 0, "0")]).height == 46


@given(st.lists(st.lists(st.integers(-10, 10**12), max_size=6), max_size=6))
def test_no_bar_leaves_the_picture(rows: list[list[int]]) -> None:
    chart = stacked(Stack("", [Bar("", value, "") for value in row]) for row in rows)

    assert all(one.x >= 0 and one.width >= 0 and one.x + one.width <= 100 for one in chart.rects)
    assert all(one.y + one.height <= chart.height for one in chart.rects)
