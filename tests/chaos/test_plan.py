from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from tests.chaos.plan import ERP_FAULTS, FIRMS, MAIL_FAULTS, OPERATOR, PROCESSES, Action, plan


def test_a_seed_repeats_to_the_last_action() -> None:
    assert plan(7, 120) == plan(7, 120)


def test_another_seed_is_another_plan() -> None:
    assert plan(7, 120) != plan(8, 120)


@pytest.mark.parametrize("seed", range(20))
def test_a_run_of_a_minute_does_every_kind_of_harm(seed: int) -> None:
    actions = plan(seed, 60)

    done = {(action.kind, action.to, action.word) for action in actions}
    assert {("kill", process, "") for process in PROCESSES} <= done
    assert {("fault", "erp", word) for word in ERP_FAULTS} | {("fault", "mail", word) for word in MAIL_FAULTS} <= done
    assert {("restart", "broker"), ("restart", "postgres")} <= {(kind, to) for kind, to, _ in done}
    assert {"ambush", "freeze", "starve", "cut", "stall", "swallow all", "swallow answers"} <= {
        kind for kind, _, _ in done
    }


@pytest.mark.parametrize("seed", range(20))
def test_actions_come_in_order_within_the_time_and_end_with_it(seed: int) -> None:
    actions = plan(seed, 60)

    assert all(before.at <= after.at for before, after in pairwise(actions))
    assert all(0 <= action.at <= 60 for action in actions)
    assert all(action.at + action.size <= 60 for action in actions if action.kind in ("freeze", "starve", "stall"))


@pytest.mark.parametrize("seed", range(5))
def test_of_two_answers_one_is_given_behind_the_login(seed: int) -> None:
    ways = Counter(action.way for action in plan(seed, 60) if action.kind == "answer")

    assert set(ways) == {"link", "portal"}
    assert abs(ways["link"] - ways["portal"]) <= 1


@pytest.mark.parametrize("seed", range(5))
def test_everybody_with_a_login_looks_at_his_pages_and_each_company_acts(seed: int) -> None:
    done = {(action.kind, action.to) for action in plan(seed, 60)}

    assert {("look", name) for name in (*FIRMS, OPERATOR)} <= done
    assert {("save", name) for name in FIRMS} | {("fetch now", name) for name in FIRMS} <= done
    assert {"leave", "note"} <= {kind for kind, _ in done}


def test_nothing_happens_to_an_invoice_before_it_is_there() -> None:
    lives: dict[str, list[Action]] = defaultdict(list)
    for action in plan(3, 120):
        lives[action.to].append(action)

    invoices = {to: life for to, life in lives.items() if to.isdigit()}
    assert len(invoices) > 20
    assert all(life[0].kind == "invoice" for life in invoices.values())


def test_too_short_a_run_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 20 seconds"):
        plan(1, 5)
