import pytest

from common.links import AnswerChoice
from decisions.standing import NoLongerPossible, Standing, foreseen, is_news, offered

STAGES = {
    "awaiting": Standing("awaiting_decision", "", True),
    "awaiting, not overdue": Standing("awaiting_decision", "", False),
    "running": Standing("running", "", True),
    "checking": Standing("checking", "", True),
    "paused": Standing("paused", "", True),
    "escalated": Standing("escalated", "", True),
    "collecting": Standing("collecting_fees", "", False),
    "paid": Standing("settled", "paid", False),
    "fees paid": Standing("settled", "fees_paid", False),
    "covered": Standing("settled", "covered", False),
    "credited": Standing("settled", "credited", False),
    "stopped": Standing("cancelled", "stopped", True),
    "stopped, not overdue": Standing("cancelled", "stopped", False),
    "withdrawn": Standing("cancelled", "withdrawn", True),
    "not worth dunning": Standing("cancelled", "not_worth_dunning", True),
}


@pytest.mark.parametrize(
    ("stage", "choices"),
    [
        ("awaiting", ("start", "stop")),
        ("awaiting, not overdue", ("stop",)),
        ("running", ("stop",)),
        ("checking", ("stop",)),
        ("paused", ("stop",)),
        ("escalated", ("stop",)),
        ("collecting", ("collect", "cover", "received", "stop")),
        ("paid", ()),
        ("fees paid", ()),
        ("covered", ("collect",)),
        ("credited", ()),
        ("stopped", ("start",)),
        ("stopped, not overdue", ()),
        ("withdrawn", ()),
        ("not worth dunning", ()),
    ],
)
def test_each_stage_offers_what_would_change_something(stage: str, choices: tuple[str, ...]) -> None:
    assert offered(STAGES[stage], None) == choices


@pytest.mark.parametrize(
    ("stage", "said", "comes_to"),
    [
        ("awaiting", ["start"], ("running", "")),
        ("awaiting", ["stop"], ("cancelled", "stopped")),
        ("awaiting", ["start", "stop"], ("cancelled", "stopped")),
        ("awaiting", ["start", "stop", "start"], ("running", "")),
        ("awaiting, not overdue", ["start"], ("awaiting_decision", "")),
        ("checking", ["stop"], ("cancelled", "stopped")),
        ("paused", ["start"], ("paused", "")),
        ("collecting", ["cover"], ("settled", "covered")),
        ("collecting", ["cover", "collect"], ("collecting_fees", "")),
        ("collecting", ["received", "collect"], ("settled", "fees_paid")),
        ("collecting", ["stop", "start"], ("cancelled", "stopped")),
        ("paid", ["stop", "start", "cover"], ("settled", "paid")),
        ("withdrawn", ["start"], ("cancelled", "withdrawn")),
    ],
)
def test_what_was_said_is_foreseen(stage: str, said: list[str], comes_to: tuple[str, str]) -> None:
    then = foreseen(STAGES[stage], said)

    assert (then.stage, then.reason) == comes_to


@pytest.mark.parametrize(
    ("stage", "newest", "choice", "news"),
    [
        ("awaiting", None, "start", True),
        ("awaiting", "start", "start", True),
        ("running", "start", "start", False),
        ("running", None, "start", False),
        ("checking", "stop", "start", False),
        ("running", "start", "stop", True),
        ("stopped", "stop", "stop", False),
        ("withdrawn", None, "stop", False),
        ("paid", "start", "start", False),
        ("collecting", None, "collect", True),
        ("collecting", "collect", "collect", False),
        ("covered", "cover", "cover", False),
        ("fees paid", "received", "received", False),
    ],
)
def test_a_repeat_is_no_news(stage: str, newest: str | None, choice: AnswerChoice, news: bool) -> None:
    assert is_news(STAGES[stage], newest, choice) is news


@pytest.mark.parametrize(
    ("stage", "newest", "choice"),
    [
        ("awaiting, not overdue", None, "start"),
        ("awaiting", None, "collect"),
        ("running", "start", "cover"),
        ("paused", None, "start"),
        ("escalated", None, "start"),
        ("collecting", None, "start"),
        ("paid", None, "start"),
        ("paid", "start", "stop"),
        ("covered", "cover", "received"),
        ("credited", None, "collect"),
        ("stopped, not overdue", "stop", "start"),
        ("withdrawn", None, "start"),
    ],
)
def test_what_can_not_be_done_is_refused(stage: str, newest: str | None, choice: AnswerChoice) -> None:
    with pytest.raises(NoLongerPossible):
        is_news(STAGES[stage], newest, choice)
