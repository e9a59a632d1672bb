"""Sums and counts become figures, whose parts come to their whole."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import figures
from decisions.figures import ENDINGS, GOING_ON, STEPS, Booked, Days, Stood
from dunning.ledger import Kind, Line, spread
from tests.unit.decisions.test_standing import STAGES

KINDS = st.sampled_from(Kind.__args__)  # type: ignore[attr-defined]
AMOUNTS = st.integers(-(10**9), 10**9).map(lambda oere: Decimal(oere).scaleb(-2))
ACCOUNTS = st.sampled_from(["fee", "interest", "compensation", "company", "surplus"])
LINES = st.builds(
    lambda account, kind, against, amount: Booked(account, kind, against, amount > 0, amount),
    ACCOUNTS,
    KINDS,
    st.sampled_from(["charged", "received", "direct", "lost"]),
    AMOUNTS,
)


@given(st.lists(LINES))
def test_what_became_of_charges_comes_to_what_was_charged(rows: list[Booked]) -> None:
    found = figures.charges(rows)

    for account, part in found.parts.items():
        booked = sum((row.amount for row in rows if row.account == account), Decimal(0))
        assert part.left == booked
        assert part.charged == part.collected + part.waived + part.covered + part.reversed + part.left
    assert found.total.left == sum(part.left for part in found.parts.values())
    assert found.costs == sum((row.amount for row in rows if row.account == "company"), Decimal(0))


@given(st.lists(st.tuples(st.integers(0, len(STEPS) - 1), AMOUNTS)))
def test_what_was_paid_after_each_step_comes_to_all_that_was_paid(rows: list[tuple[int, Decimal]]) -> None:
    found = figures.recovered(rows)

    assert found.total == sum((amount for _, amount in rows), Decimal(0))
    assert found.asked == found.total - found.parts["before"]


@given(st.lists(st.tuples(st.integers(-40, 900), st.integers(1, 50)), min_size=1))
def test_at_least_a_quarter_half_and_three_quarters_paid_within_those_days(counted: list[tuple[int, int]]) -> None:
    found = figures.days(counted)

    assert found
    everyone = sorted(max(number, 0) for number, count in counted for _ in range(count))
    assert found.invoices == len(everyone)
    for part, number in ((1, found.quarter), (2, found.half), (3, found.most)):
        within = [one for one in everyone if one <= number]
        sooner = [one for one in everyone if one < number]
        assert len(within) * 4 >= len(everyone) * part > len(sooner) * 4


def test_no_invoices_take_no_days() -> None:
    assert figures.days([]) is None
    assert figures.paying([], []).months == {}
    assert figures.days([(7, 1)]) == Days(1, 7, 7, 7)


@given(st.lists(st.tuples(st.sampled_from(list(STAGES.values())), st.sampled_from(["", "answer", "silence"]))))
def test_every_procedure_ended_or_goes_on_in_one_way(stood: list[tuple[object, str]]) -> None:
    rows = [Stood(where.stage, where.reason, by, False, 1) for where, by in stood]  # type: ignore[attr-defined]

    found = figures.ended(rows)

    assert found.total == len(rows) == found.over + sum(found.parts[name] for name in GOING_ON)
    over = sum(row.stage in ("settled", "cancelled") for row in rows)
    assert found.over == over


@pytest.mark.parametrize(
    ("stage", "reason", "by", "by_link", "name"),
    [
        ("settled", "paid", "", False, "paid_unstarted"),
        ("settled", "fees_paid", "answer", False, "paid_answer"),
        ("settled", "covered", "silence", False, "paid_silence"),
        ("settled", "credited", "answer", False, "taken_back"),
        ("cancelled", "withdrawn", "", False, "taken_back"),
        ("settled", "waived", "answer", False, "written_off"),
        ("cancelled", "stopped", "", True, "stopped_link"),
        ("cancelled", "stopped", "answer", False, "stopped_portal"),
        ("cancelled", "not_worth_dunning", "", False, "not_worth"),
        ("cancelled", "erased", "", False, "other"),
        ("awaiting_decision", "", "", False, "waiting"),
        ("escalated", "", "answer", False, "escalated"),
        ("paused", "disputed", "answer", False, "going"),
        ("collecting_fees", "", "answer", False, "going"),
    ],
)
def test_a_procedure_ends_as(stage: str, reason: str, by: str, by_link: bool, name: str) -> None:
    assert figures.ending(Stood(stage, reason, by, by_link, 1)) == name
    assert name in ENDINGS


def test_shares_are_of_those_that_ended() -> None:
    found = figures.ended(
        [
            Stood("settled", "paid", "silence", False, 2),
            Stood("cancelled", "stopped", "", True, 1),
            Stood("running", "", "answer", False, 9),
        ]
    )

    assert (found.over, found.share("paid_silence"), found.share("stopped_link")) == (3, 67, 33)
    assert figures.ended([]).share("paid_silence") == 0


def test_periods_begin_thirty_days_ago_and_with_the_year() -> None:
    today = date(2026, 3, 30)

    assert figures.period("30", today).since == date(2026, 3, 1)
    assert figures.period("year", today).since == date(2026, 1, 1)
    assert figures.period("all", today).since is None


@given(
    st.dictionaries(st.sampled_from(["fee", "interest", "compensation"]), st.integers(1, 10**6), min_size=1),
    st.integers(0, 10**7),
)
def test_money_that_dunning_spreads_over_charges_counts_as_collected(charged: dict[str, int], paid: int) -> None:
    lines = [Line(name, 1, 0, Decimal(oere).scaleb(-2), date(2026, 3, 2), "", name) for name, oere in charged.items()]  # type: ignore[arg-type]
    moves = list(spread(tuple(lines), Decimal(paid).scaleb(-2)))
    rows = [Booked(x.account, x.kind, x.against, x.amount > 0, x.amount) for x in lines]
    rows += [Booked(x.account, x.kind, x.against, x.amount > 0, x.amount) for x in moves]

    total = figures.charges(rows).total

    assert total.charged == Decimal(sum(charged.values())).scaleb(-2)
    assert total.collected == min(Decimal(paid).scaleb(-2), total.charged)
