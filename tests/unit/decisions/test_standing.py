import pytest

from common.links import AnswerChoice
from decisions.standing import NoLongerPossible, Standing, foreseen, is_news, offered

STAGES = {
    "awaiting": Standing("awaiting_decision", "", True, True),
    "awaiting, not overdue": Standing("awaiting_decision", "", False, True),
    "running": Standing("running", "", True, True),
    "checking": Standing("checking", "", True, True),
    "paused": Standing("paused", "company", True, True),
    "disputed": Standing("paused", "disputed", True, True),
    "said paid": Standing("paused", "said_paid", True, True),
    "paused with fees": Standing("paused", "disputed", False, False),
    "escalated": Standing("escalated", "", True, True),
    "collecting": Standing("collecting_fees", "", False, False),
    "paid": Standing("settled", "paid", False, False),
    "fees paid": Standing("settled", "fees_paid", False, False),
    "covered": Standing("settled", "covered", False, False),
    "credited": Standing("settled", "credited", False, False),
    "waived": Standing("settled", "waived", True, True),
    "stopped": Standing("cancelled", "stopped", True, True),
    "stopped, not overdue": Standing("cancelled", "stopped", False, False),
    "withdrawn": Standing("cancelled", "withdrawn", True, True),
    "not worth dunning": Standing("cancelled", "not_worth_dunning", True, True),
}


@pytest.mark.parametrize(
    ("stage", "choices"),
    [
        ("awaiting", ("start", "stop", "waive")),
        ("awaiting, not overdue", ("stop", "waive")),
        ("running", ("pause", "stop", "waive")),
        ("checking", ("pause", "stop", "waive")),
        ("paused", ("resume", "stop", "waive")),
        ("disputed", ("resume", "stop", "waive")),
        ("paused with fees", ("resume", "cover", "received", "stop", "waive")),
        ("said paid", ("resume", "pause", "stop", "waive")),
        ("escalated", ("stop", "waive")),
        ("collecting", ("collect", "cover", "received", "pause", "stop", "waive")),
        ("paid", ()),
        ("fees paid", ()),
        ("covered", ("collect",)),
        ("credited", ()),
        ("waived", ()),
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
        ("paused", ["start"], ("paused", "company")),
        ("paused", ["stop"], ("cancelled", "stopped")),
        ("disputed", ["stop", "start"], ("running", "")),
        ("running", ["pause"], ("paused", "company")),
        ("escalated", ["pause", "resume"], ("running", "")),
        ("collecting", ["pause", "resume"], ("collecting_fees", "")),
        ("disputed", ["pause"], ("paused", "company")),
        ("said paid", ["pause"], ("paused", "company")),
        ("paused with fees", ["received", "resume"], ("settled", "fees_paid")),
        ("disputed", ["resume"], ("running", "")),
        ("paused with fees", ["resume"], ("collecting_fees", "")),
        ("awaiting", ["pause"], ("awaiting_decision", "")),
        ("awaiting", ["waive"], ("settled", "waived")),
        ("collecting", ["waive"], ("settled", "waived")),
        ("disputed", ["waive", "start"], ("settled", "waived")),
        ("stopped", ["waive", "pause", "resume"], ("cancelled", "stopped")),
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
        ("running", "resume", "resume", False),
        ("running", None, "resume", False),
        ("paused", "pause", "pause", False),
        ("disputed", None, "pause", False),
        ("running", "pause", "pause", True),
        ("disputed", "resume", "resume", True),
        ("waived", "waive", "waive", False),
        ("waived", None, "waive", False),
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
        ("escalated", None, "pause"),
        ("collecting", None, "start"),
        ("awaiting", None, "pause"),
        ("awaiting", None, "resume"),
        ("paid", None, "waive"),
        ("stopped", "stop", "waive"),
        ("stopped", "stop", "resume"),
        ("waived", "waive", "stop"),
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
