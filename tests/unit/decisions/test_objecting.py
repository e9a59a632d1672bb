import pytest

from decisions.objecting import MOST, NothingLeftToSay, Position, SaidTooOften, check, foreseen, is_repeat, offered
from tests.unit.decisions.test_standing import STAGES

CALM = {name: Position(standing, standing.reason == "disputed", False) for name, standing in STAGES.items()}
UNDER_WAY = ("running", "checking", "escalated", "collecting")
OVER = ("paid", "fees paid", "covered", "credited", "waived", "stopped", "withdrawn", "not worth dunning")


@pytest.mark.parametrize(
    ("stage", "said", "comes_to"),
    [
        *((stage, ["dispute"], ("paused", "disputed")) for stage in (*UNDER_WAY, "said paid")),
        *((stage, ["paid"], ("paused", "said_paid")) for stage in UNDER_WAY),
        *((stage, ["call"], (STAGES[stage].stage, STAGES[stage].reason)) for stage in STAGES),
        ("awaiting", ["dispute"], ("awaiting_decision", "")),
        ("awaiting", ["paid"], ("awaiting_decision", "")),
        ("awaiting", ["dispute", "start"], ("running", "")),
        ("paused", ["paid"], ("paused", "company")),
        ("disputed", ["paid"], ("paused", "disputed")),
        ("disputed", ["withdraw"], ("running", "")),
        ("paused with fees", ["withdraw"], ("collecting_fees", "")),
        ("running", ["paid", "resume", "paid"], ("running", "")),
        ("running", ["paid", "dispute", "withdraw", "paid"], ("running", "")),
        ("running", ["dispute", "withdraw", "withdraw"], ("running", "")),
        ("running", ["dispute", "stop"], ("cancelled", "stopped")),
        ("running", ["stop", "dispute"], ("cancelled", "stopped")),
        ("running", ["withdraw"], ("running", "")),
        ("paused", ["withdraw"], ("paused", "company")),
        ("paused", ["dispute"], ("paused", "company")),
        ("paused", ["dispute", "withdraw"], ("paused", "company")),
        ("running", ["dispute", "pause", "withdraw"], ("paused", "company")),
        ("running", ["paid", "pause"], ("paused", "company")),
        *((stage, ["dispute", "paid", "withdraw"], (STAGES[stage].stage, STAGES[stage].reason)) for stage in OVER),
    ],
)
def test_what_was_said_is_foreseen(stage: str, said: list[str], comes_to: tuple[str, str]) -> None:
    then = foreseen(CALM[stage], said).standing

    assert (then.stage, then.reason) == comes_to


def test_to_take_an_objection_back_is_offered_while_the_claim_waits_for_its_answer() -> None:
    disputed = CALM["disputed"]

    assert offered(disputed, 1) == ("dispute", "paid", "call", "withdraw")
    assert "withdraw" in offered(foreseen(CALM["paused"], ["dispute"]), 1)
    assert "withdraw" not in offered(foreseen(CALM["paused"], ["dispute", "withdraw"]), 1)
    assert "withdraw" not in offered(foreseen(disputed, ["resume"]), 1)
    assert "withdraw" not in offered(foreseen(CALM["awaiting"], ["dispute"]), 1)


@pytest.mark.parametrize("stage", OVER)
def test_nothing_is_left_to_say_of_a_claim_that_is_over(stage: str) -> None:
    assert offered(CALM[stage], 0) == ()
    with pytest.raises(NothingLeftToSay):
        check(CALM[stage], "call", MOST)


def test_there_is_an_end_to_what_can_be_said() -> None:
    check(CALM["running"], "call", MOST - 1)

    assert offered(CALM["running"], MOST) == ()
    with pytest.raises(SaidTooOften):
        check(CALM["running"], "call", MOST)


def test_an_objection_that_was_answered_can_be_raised_again_in_the_same_words() -> None:
    assert is_repeat(CALM["disputed"], "dispute")
    assert is_repeat(foreseen(CALM["awaiting"], ["dispute"]), "dispute")
    assert not is_repeat(foreseen(CALM["disputed"], ["resume"]), "dispute")
