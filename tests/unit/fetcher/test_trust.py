"""Which fetches are believed: histories as the numbers of invoices that were seen, oldest first, a day apart."""

from datetime import date, timedelta

import pytest

from fetcher.trust import Past, is_trusted, marks_paid

TODAY = date(2026, 3, 30)


def verdicts(*seen: int) -> str:
    """A fetch a day until today, each judged by those before it: + is trusted, - is not."""
    past: list[Past] = []
    for place, count in enumerate(seen):
        day = TODAY - timedelta(days=len(seen) - 1 - place)
        past.insert(0, Past(day, count, is_trusted(count, day, past)))
    return "".join("+" if one.trusted else "-" for one in reversed(past))


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        ((0,), "+"),
        ((300,), "+"),
        ((300, 300, 310, 290), "++++"),
        ((300, 150), "++"),  # half of it is not fewer than half
        ((300, 149), "+-"),
        ((20, 10), "++"),
        ((21, 10), "+-"),
        ((19, 9), "+-"),
        ((19, 10), "++"),  # nine fewer
        ((11, 3), "++"),
        ((9, 1), "++"),  # a small company comes and goes
        ((9, 0), "+-"),  # but what is paid is listed, too: none at all is a fault
        ((1, 0, 0, 0), "+--+"),
        ((10, 0), "+-"),
        ((300, 0, 300), "+-+"),
        ((300, 0, 149, 150), "+--+"),  # measured by the last one that was trusted
        ((300, 100, 100, 100), "+--+"),
        ((300, 100, 100, 100, 101, 20), "+--++-"),
        ((300, 100, 110, 75), "+---"),
        ((300, 100, 100, 75), "+--+"),  # a quarter of the largest
        ((300, 100, 100, 74), "+---"),
        ((300, 75, 100, 100), "+--+"),
        ((300, 74, 100, 100, 100), "+---+"),
        ((300, 301, 100, 100), "++--"),  # of the two days before it one saw many
        ((300, 0, 0, 0), "+--+"),
        ((12, 1, 2, 0, 1, 1, 1), "+-----+"),
        ((40, 41, 300, 40), "+++-"),
        ((300, 140, 60, 140, 60, 300), "+----+"),
        ((100, 300, 140), "++-"),
    ],
    ids=str,
)
def test_a_history_is_believed_where_it_should_be(seen: tuple[int, ...], said: str) -> None:
    assert verdicts(*seen) == said


def past(*days: tuple[int, int, bool]) -> list[Past]:
    """So many days ago, what was seen, whether it was believed; the newest first."""
    return [Past(TODAY - timedelta(days=ago), seen, trusted) for ago, seen, trusted in days]


@pytest.mark.parametrize(
    ("history", "trusted"),
    [
        (past((0, 50, False), (0, 50, False), (1, 50, False), (2, 300, True)), False),  # asked again and again today
        (past((1, 50, False), (1, 50, False), (1, 50, False), (2, 300, True)), False),
        (past((1, 50, False), (2, 50, False), (3, 300, True)), True),
        (past((1, 50, False), (9, 50, False), (30, 300, True)), True),  # no fetch in between
        (past((1, 50, False), (1, 300, True), (2, 50, False), (3, 300, True)), True),  # the latest of a day counts
        (past((1, 300, True), (1, 50, False), (2, 50, False), (3, 300, True)), False),
        (past((1, 50, False), (2, 50, False)), True),  # the ones that were trusted are long gone
    ],
    ids=str,
)
def test_two_other_days_must_say_the_same(history: list[Past], trusted: bool) -> None:
    assert is_trusted(50, TODAY, history) is trusted


@pytest.mark.parametrize(
    ("seen", "paid", "before", "said"),
    [
        (0, 0, True, True),
        (19, 0, True, True),  # too few to tell
        (19, 0, False, False),
        (20, 0, True, False),
        (20, 1, True, True),
        (20, 1, False, True),
        (21, 1, True, False),  # fewer than one in twenty
        (3000, 149, True, False),
        (3000, 150, False, True),
        (5, 1, False, True),
    ],
    ids=str,
)
def test_a_company_marks_payments_where_more_than_almost_none_is_paid(
    seen: int, paid: int, *, before: bool, said: bool
) -> None:
    assert marks_paid(seen, paid, before=before) is said
