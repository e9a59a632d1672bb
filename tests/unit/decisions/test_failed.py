"""Operators: messages that failed, and what is decided about them."""

import re
from typing import Any

import pytest

from common import db
from common.tables import FailedDecision, FailedMessage
from decisions import failures
from decisions.rooms import Outdated
from scheduler import store
from tests.contracts.samples import SAMPLES
from tests.unit.decisions.cases import MONDAY, Visitor
from tests.unit.decisions.member import Member, audited
from tests.unit.scheduler.test_failed import message

OVERDUE = next(event for event in SAMPLES if event.type == "invoice.overdue").identified("tests")


def fails(**fields: Any) -> int:
    with db.transaction():
        before = {row.id for row in FailedMessage.select()}
    store.keep_failed(message(**fields))
    with db.connection():
        new = {row.id for row in FailedMessage.select()} - before
    return int(new.pop()) if new else 0


def decisions() -> list[tuple[int, int, str, str, str]]:
    with db.connection():
        rows = FailedDecision.select().order_by(FailedDecision.id)
        return [(row.failed_id, row.times, row.choice, row.reason, row.by) for row in rows]


def pressed(operator: Member, failed_id: int, which: str, choice: str, **fields: str) -> Any:
    """What the button on the page sends, with all that the page put into its form."""
    page = operator.get(f"/operator/failed/{failed_id}").text
    form = next(part for part in page.split("<form")[1:] if f'value="{which}"' in part and f'value="{choice}"' in part)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form))
    return operator.post(f"/operator/failed/{failed_id}", **hidden | {"choice": choice} | fields)


def test_the_list_groups_by_cause_with_counts_and_ends(visitor: Visitor) -> None:
    for number in range(3):
        fails(event_id=f"e-{number}", body=str(number), company=f"1000000{number}")
    fails(event_id="other", cause="ValueError: <b>y</b>", body="x")

    text = Member(None).text("/operator/failed")

    assert "KeyError: 'x'" in text
    assert "opgivet af dunning 3 3 " in text
    assert "ValueError: <b>y</b>" in text
    assert "Venter 4" in text


def test_a_page_without_failures_says_what_to_expect(visitor: Visitor) -> None:
    assert "Ingen beskeder venter" in Member(None).text("/operator/failed")
    assert "Ingen er lagt væk" in Member(None).text("/operator/failed?state=archived")
    assert Member(None).get("/operator/failed?state=x").status_code == 404


def test_a_message_is_shown_without_what_a_person_is_known_by(visitor: Visitor) -> None:
    from common import outbox

    body = outbox._row(OVERDUE, MONDAY, MONDAY)["body"]
    failed_id = fails(event_id=OVERDUE.id, type=OVERDUE.type, body=body)
    debtor = OVERDUE.invoice.debtor  # type: ignore[attr-defined]

    text = Member(None).text(f"/operator/failed/{failed_id}")

    assert f"invoice.number {OVERDUE.invoice.number}" in text  # type: ignore[attr-defined]
    assert "invoice.debtor.name vises ikke" in text
    for secret in filter(None, (debtor.name, debtor.email, debtor.address, debtor.city)):
        assert secret not in text


def test_a_message_that_nobody_can_read_is_not_shown_at_all(visitor: Visitor) -> None:
    failed_id = fails(body='{"name": "Anne Holm"}')

    text = Member(None).text(f"/operator/failed/{failed_id}")

    assert "kan ikke læse indholdet" in text
    assert "Anne Holm" not in text


def test_a_replay_of_one_message_is_written_down_as_it_was_seen(visitor: Visitor) -> None:
    failed_id = fails()
    operator = Member(None)

    response = pressed(operator, failed_id, "one", "replay")

    assert response.status_code == 303
    assert decisions() == [(failed_id, 1, "replay", "", operator.email)]
    assert (operator.email, "did failed message", f"{failed_id}/one/replay") in audited()
    text = operator.text(f"/operator/failed/{failed_id}")
    assert "udført inden for få sekunder" in text
    assert "Send den igen" not in text


def test_archiving_needs_a_reason_which_is_kept(visitor: Visitor) -> None:
    failed_id = fails()
    operator = Member(None)

    without = pressed(operator, failed_id, "one", "archive", reason="  ")
    with_one = pressed(operator, failed_id, "one", "archive", reason="et forsøg")

    assert (without.status_code, with_one.status_code) == (422, 303)
    assert "Skriv, hvorfor" in without.text
    assert decisions() == [(failed_id, 1, "archive", "et forsøg", operator.email)]


def test_a_whole_cause_is_decided_at_once_but_for_what_is_decided_already(visitor: Visitor) -> None:
    ids = [fails(event_id=f"e-{number}", body=str(number)) for number in range(3)]
    fails(event_id="other", cause="ValueError", body="x")
    operator = Member(None)
    pressed(operator, ids[1], "one", "archive", reason="væk")

    response = pressed(operator, ids[0], "all", "replay")

    assert response.status_code == 303
    assert [(one[0], one[2]) for one in decisions()] == [(ids[1], "archive"), (ids[0], "replay"), (ids[2], "replay")]


def test_who_comes_second_is_told_and_nothing_is_decided_twice(visitor: Visitor) -> None:
    failed_id = fails()
    operator = Member(None)
    fields = {"which": "one", "choice": "replay", "times": "1"}

    first = operator.post(f"/operator/failed/{failed_id}", **fields)
    second = operator.post(f"/operator/failed/{failed_id}", **fields)

    assert (first.status_code, second.status_code) == (303, 409)
    assert len(decisions()) == 1


@pytest.mark.parametrize("more", [{}, {"event_id": "new", "body": "new"}])
def test_a_group_that_is_not_what_was_seen_is_not_decided(visitor: Visitor, more: dict[str, str]) -> None:
    for number in range(2):
        failed_id = fails(event_id=f"e-{number}", body=str(number))
    operator = Member(None)
    fails(**{"event_id": "e-0", "body": "0"} | more)

    seen = {"which": "all", "choice": "replay", "times": "2", "count": "2", "newest": str(failed_id)}
    response = operator.post(f"/operator/failed/{failed_id}", **seen)

    if more:  # what failed since is simply not among those that were seen
        assert (response.status_code, len(decisions())) == (303, 2)
    else:
        assert (response.status_code, decisions()) == (409, [])


@pytest.mark.parametrize(
    "fields",
    [{"choice": "delete"}, {"which": "some"}, {"times": "x"}, {"times": "²"}, {"times": "", "which": "all"}],
)
def test_a_form_that_no_page_of_ours_has_is_refused(visitor: Visitor, fields: dict[str, str]) -> None:
    failed_id = fails()

    response = Member(None).post(
        f"/operator/failed/{failed_id}", **{"which": "one", "choice": "replay", "times": "1"} | fields
    )

    assert (response.status_code, decisions()) == (400, [])


def test_there_is_no_message_beyond_the_last(visitor: Visitor) -> None:
    operator = Member(None)

    assert [operator.get(f"/operator/failed/{number}").status_code for number in (77, 2**31, 10**30)] == [404] * 3


def test_groups_and_decisions_are_the_same_on_both_databases(database: str) -> None:
    ids = [fails(event_id=f"e-{number}", body=str(number)) for number in range(2)]
    with db.connection():
        (group,) = failures.groups("open")

    count = failures.decide_all(group, "replay", "", "a@b.example", MONDAY)
    with pytest.raises(Outdated):
        failures.decide_all(group, "replay", "", "a@b.example", MONDAY)

    with db.connection():
        (after,) = failures.groups("open")
        one = failures.failure(ids[0])
    assert (count, group.count, group.decided, after.decided) == (2, 2, 0, 2)
    assert (group.first_at, group.newest, group.times) == (MONDAY_OF_MESSAGES, ids[1], 2)
    assert one.is_decided
    assert len(decisions()) == 2


MONDAY_OF_MESSAGES = message().collected_at
