"""`rykker failed`: what it tells and what it refuses."""

import pytest

from common import db
from common.tables import FailedMessage
from tests.unit.deploy import example
from tests.unit.deploy.conftest import Rykker, refusal, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]


@pytest.fixture
def filled(rykker: Rykker, tables: None) -> Rykker:
    rykker("status")  # follows the clock of the test
    example.fill()
    return rykker


def test_nothing_failed_is_said(rykker: Rykker) -> None:
    assert rykker("failed", "list").stdout == "no message has failed\n"
    assert told(rykker("failed", "list", "--json")) == []


def test_list_groups_by_cause(filled: Rykker) -> None:
    (group,) = told(filled("failed", "list", "--json"))

    assert (group["cause"], group["queue"], group["type"]) == ("KeyError: 'x'", "dunning", "invoice.paid")
    assert (group["count"], group["companies"], group["ids"]) == (2, [example.CVR], [1, 2])


def test_show_gives_the_event_and_no_field_that_is_not_ours(filled: Rykker) -> None:
    with db.transaction():
        body = example.wire(example.INVOICE).replace('"data":{', '"data":{"api_key":"hidden",')
        FailedMessage.update(body=body).where(FailedMessage.id == 1).execute()

    page = filled("failed", "show", "1").stdout

    assert "invoice.debtor.name: Anna Holm" in page
    assert "hidden" not in page


def test_show_says_that_what_nobody_can_read_can_not_be_replayed(filled: Rykker) -> None:
    (shown,) = told(filled("failed", "show", "1", "--json"))

    assert shown["event"] is None
    assert shown["not_replayable"].startswith("nobody can read it")


@pytest.mark.parametrize("command", [("show",), ("replay",), ("archive", "--reason", "r")])
def test_an_unknown_message_is_refused_by_name(filled: Rykker, command: tuple[str, ...]) -> None:
    assert "'77'" in refusal(filled("failed", *command, "77"), 2)


def test_replay_fails_where_a_message_can_not_be_replayed(filled: Rykker) -> None:
    result = filled("failed", "replay", "KeyError", "--json")

    assert result.exit_code == 1
    assert result.stdout.count("can't be replayed") == 2


def test_replay_without_a_broker_leaves_everything_open(filled: Rykker) -> None:
    with db.transaction():
        FailedMessage.update(body=example.wire(example.INVOICE)).where(FailedMessage.id == 1).execute()

    assert "RabbitMQ at 127.0.0.1:9" in refusal(filled("failed", "replay", "1"), 1)

    assert len(told(filled("failed", "list", "--json"))[0]["ids"]) == 2


def test_archive_needs_a_reason_and_keeps_it(filled: Rykker) -> None:
    assert "--reason" in refusal(filled("failed", "archive", "1", "--reason", " "), 2)

    assert told(filled("failed", "archive", "KeyError", "--reason", "a trial", "--json")) == {"archived": 2}

    assert told(filled("failed", "list", "--json")) == []
    assert told(filled("failed", "list", "--state", "archived", "--json"))[0]["reasons"] == ["a trial"]


@pytest.mark.parametrize("words", [("list",), ("show", "KeyError"), ("replay", "KeyError")])
@pytest.mark.parametrize("columns", [80, 120])
def test_pages_fit_the_terminal(
    filled: Rykker, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    page = filled("failed", *words).stdout

    assert "KeyError" in page or "replayed" in page
    assert max(map(len, page.splitlines())) <= min(columns, 100)
