"""Every page asks the database as often for much as for little."""

from dataclasses import replace
from typing import Any

import pytest

from common import db
from decisions import numbers
from decisions.app import ROOMS
from tests.unit.decisions import cases, everything
from tests.unit.decisions.cases import CVR, OTHER_CVR, Visitor
from tests.unit.decisions.member import Member

ROLES = {"company": CVR, "operator": None}
PAGES = [
    *((room.role or "company", room.path) for room in ROOMS if room.get and "{" not in room.path and room.path != "/"),
    *(("company", address) for address in everything.ADDRESSES),
    *(
        ("company", f"/invoices?show={show}")
        for show in ("waiting", "awaiting_decision", "running", "paused", "settled")
    ),
    ("operator", f"/operator/companies/{CVR}"),
]


@pytest.fixture
def members(visitor: Visitor) -> dict[str, Member]:
    everything.fill()
    return {role: Member(cvr) for role, cvr in ROLES.items()}


def test_a_page_asks_as_often_for_much_as_for_little(
    members: dict[str, Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {page: asked(members, *page, monkeypatch) for page in PAGES}

    more()

    many = {page: asked(members, *page, monkeypatch) for page in PAGES}
    assert {page: (few[page], many[page]) for page in PAGES if few[page] != many[page]} == {}
    assert min(few.values()) >= 2  # who it is, and the line in the audit log


def more() -> None:
    """Thirty more in each stage, their letters and fees, and more companies."""
    for number in range(30):
        for stage, fields in everything.STAGES.items():
            debtor = replace(cases.invoice().debtor, name=f"Kunde {number}", customer_number="K1")
            of = cases.invoice(f"{stage}-{number}", debtor=debtor)
            procedure = cases.procedure(stage, of=of, **fields)
            cases.line(procedure, "principal", str(of.amount), "principal")
            cases.line(procedure, "fee", "100.00", step=1)
        cases.known(cases.invoice(f"found-{number}"), asked=False)
    for step in range(2, 20):
        cases.letter(f"p-{everything.NUMBERS['running']}", "reminder", cases.MONDAY, step)
        cases.fee(f"p-{everything.NUMBERS['running']}", step)
    cases.company(OTHER_CVR)
    for number in range(20):
        cases.company(f"{20_000_000 + number}")


def asked(members: dict[str, Member], role: str, path: str, monkeypatch: pytest.MonkeyPatch) -> int:
    numbers.forget()
    statements, run = list[str](), db.handle.obj.execute_sql

    def counted(sql: str, *rest: Any, **more: Any) -> Any:
        statements.append(sql)
        return run(sql, *rest, **more)

    with monkeypatch.context() as watched:
        watched.setattr(db.handle.obj, "execute_sql", counted)
        response = members[role].get(path)
    assert response.status_code in (200, 303), path
    return len(statements)
