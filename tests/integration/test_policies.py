"""A company's policy on both databases: changes at once, and many procedures that are to follow it."""

from collections.abc import Callable
from typing import Any

import pytest

from common import bulk, db
from common.secrets import Vault
from common.tables import Company, Outbox, Procedure
from decisions import companies
from decisions.policies import Concerned
from tests.integration.racing import at_once
from tests.unit.decisions.cases import CVR, company, invoice, procedure

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("database")]
VAULT = Vault("s" * 40)
MANY = 5_000  # more than one statement inserts on SQLite


def changing(**choices: Any) -> Callable[[], Concerned]:
    return lambda: companies.change(CVR, vault=VAULT, **choices)


def test_changes_at_once_are_all_counted() -> None:
    company()

    at_once(*[changing(fee=str(fee)) for fee in range(6)])

    with db.connection():
        assert Company.get_by_id(CVR).policy_no == 7


def test_the_same_wish_at_once_is_told_once() -> None:
    company()
    procedure("running")

    said = at_once(*[changing(fee="50", running=True)] * 4)

    assert sorted(one.adopting for one in said) == [0, 0, 0, 1]
    with db.connection():
        assert Outbox.select().count() == 1


def test_many_procedures_are_told_in_one_go() -> None:
    company()
    first = procedure("running", of=invoice("1"))
    with db.transaction():
        row = Procedure.get_by_id(first).__data__
        bulk.insert(Procedure, [row | {"id": f"p{n}", "invoice_number": f"{n}"} for n in range(2, MANY + 1)])

    assert changing(fee="50", running=True)() == Concerned(adopting=MANY)
    assert changing(running=True)() == Concerned()

    with db.connection():
        assert Outbox.select(Outbox.subject).distinct().count() == MANY
