"""A policy has a number, and what is running follows another one only if the company says so."""

from decimal import Decimal
from typing import Any

import pytest

from common import bulk, db
from common.secrets import Vault
from common.tables import Company, Outbox
from decisions import companies
from decisions.policies import Concerned
from tests.unit.decisions.cases import CVR, OTHER_CVR, company, invoice, procedure, said

pytestmark = pytest.mark.usefixtures("sqlite")
VAULT = Vault("s" * 40)
STAGES = ("awaiting_decision", "running", "checking", "paused", "collecting_fees", "escalated", "settled", "cancelled")


def change(cvr: str = CVR, **choices: Any) -> Concerned:
    return companies.change(cvr, vault=VAULT, **choices)


def policy_no(cvr: str = CVR) -> int:
    with db.connection():
        return int(Company.get_by_id(cvr).policy_no)


def adopted() -> list[tuple[str, int]]:
    """Which procedures were told to adopt which policy."""
    with db.connection():
        assert {row.type for row in Outbox.select()} <= {"policy.adopted"}
    return [(event["data"]["procedure_id"], event["data"]["policy_no"]) for event in said()]


def one_in_each_stage(cvr: str = CVR) -> None:
    for number, stage in enumerate(STAGES):
        procedure(stage, of=invoice(f"{cvr}-{number}"), cvr=cvr)


# --- its number ------------------------------------------------------------------------------------------------------
def test_every_change_of_the_policy_counts_once() -> None:
    company()

    numbers = []
    for choices in ({"fee": "50"}, {"fee": "40", "reminders": 2}, {"booking_days": "mon"}, {"never_dunned": "7"}):
        change(**choices)
        numbers.append(policy_no())

    assert numbers == [2, 3, 4, 5]


@pytest.mark.parametrize(
    "choices",
    [
        {"name": "Andre", "email": "a@b.dk", "language": "en"},
        {"api_key": "a-key-of-ordrestyring"},
        {"payment_details": "Konto 567", "fetch_at": "07:00", "wait_days": 8},  # no procedure keeps these
        {"fee": "100", "silence": "start", "never_dunned": "", "interest": "no"},  # as they were
        {},
    ],
)
def test_what_leaves_the_policy_as_it_was_does_not_count(choices: dict[str, Any]) -> None:
    company()
    procedure("running")

    assert change(**choices) == Concerned()

    assert policy_no() == 1
    assert said() == []


def test_a_refused_change_counts_for_nothing() -> None:
    company()
    procedure("running")

    with pytest.raises(companies.BadValue):
        change(fee="50", reminders="4", running=True)

    assert policy_no() == 1
    assert said() == []


# --- who follows it --------------------------------------------------------------------------------------------------
def test_running_procedures_keep_their_policy_and_are_counted() -> None:
    company()
    one_in_each_stage()

    assert change(fee="50") == Concerned(keeping=5)

    assert said() == []


def test_running_procedures_are_told_if_the_company_wants_it_and_no_others() -> None:
    company()
    company(OTHER_CVR)
    one_in_each_stage()
    one_in_each_stage(OTHER_CVR)

    assert change(fee="50", running=True) == Concerned(adopting=5)

    assert sorted(adopted()) == [
        (f"p-{CVR}-{STAGES.index(stage)}", 2)
        for stage in ("running", "checking", "paused", "collecting_fees", "escalated")
    ]
    assert {event["company"] for event in said()} == {CVR}
    assert {event["data"]["invoice_number"] for event in said()} == {f"{CVR}-{n}" for n in range(1, 6)}


def test_a_policy_can_be_adopted_after_it_was_chosen() -> None:
    company()
    p = procedure("running")
    change(fee="50")

    assert change(running=True) == Concerned(adopting=1)

    assert adopted() == [(p, 2)]


def test_who_was_told_is_not_told_again_but_who_came_later_is() -> None:
    company()
    first = procedure("running", of=invoice("1"))
    change(fee="50", running=True)
    later = procedure("running", of=invoice("2"))

    assert change(fee="50", running=True) == Concerned(adopting=1)
    assert change(running=True) == Concerned()
    assert change(fee="40", running=True) == Concerned(adopting=2)

    assert adopted()[:2] == [(first, 2), (later, 2)]
    assert sorted(adopted()[2:]) == [(first, 3), (later, 3)]


def test_all_of_it_is_one_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    company()
    procedure("running")

    def lost(*_: object) -> list[Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(bulk, "insert", lost)
    with pytest.raises(ZeroDivisionError):
        change(fee="50", running=True)

    with db.connection():
        assert Company.get_by_id(CVR).fee == Decimal("100.00")
    assert policy_no() == 1
    assert said() == []
