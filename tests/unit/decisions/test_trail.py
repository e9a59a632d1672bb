"""The audit log as operators and companies see it."""

from datetime import UTC, datetime, timedelta

import pytest

from common import db
from decisions import audit, trail
from decisions.app import ROOMS
from decisions.trail import Asked
from decisions.words import Words
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR, Visitor, company
from tests.unit.decisions.member import Member


def did(action: str, who: str = "bog@holm.dk", cvr: str | None = CVR, at: datetime = MONDAY, subject: str = "") -> None:
    audit.note(who, action, at, company=cvr, subject=subject)


def seen(asked: Asked) -> list[str]:
    with db.connection():
        return [line.action for line in trail.lines(asked, 1)]


@pytest.mark.usefixtures("database")
def test_lines_are_chosen_by_company_person_action_and_day() -> None:
    did("saw letter", at=MONDAY - timedelta(minutes=1))
    did("did letter")
    did("saw companies", "drift@a.example", None)
    did("login", cvr=OTHER_CVR)
    did("saw failed letter", at=datetime(2026, 11, 23, 23, 0, tzinfo=UTC))  # the 24th in Copenhagen

    day = (MONDAY + timedelta(days=1)).date()
    asked = [Asked(company=CVR), Asked(who="drift@a.example"), Asked(action="letter"), Asked(day=day), Asked()]
    asked.append(Asked(company=CVR, day=MONDAY.date()))

    assert [seen(one) for one in asked] == [
        ["saw failed letter", "did letter", "saw letter"],
        ["saw companies"],
        ["did letter", "saw letter"],
        ["saw failed letter"],
        ["saw failed letter", "login", "saw companies", "did letter", "saw letter"],
        ["did letter", "saw letter"],
    ]


def test_a_company_sees_its_own_lines_alone_and_those_of_operators_who_looked(visitor: Visitor) -> None:
    company(OTHER_CVR)
    Member(None).get(f"/operator/companies/{CVR}")
    did("saw letter", cvr=OTHER_CVR, subject="hemmeligt")
    member = Member(CVR)

    text = member.text(f"/profile/audit?company={OTHER_CVR}&who=bog@holm.dk")

    assert f"drift@rykkerportalen.example Drift Så: Virksomhed {CVR}" in text
    assert "hemmeligt" not in text


def test_the_log_is_paged_from_the_newest(visitor: Visitor) -> None:
    with db.transaction():
        for number in range(trail.PAGE + 5):
            did("saw letter", at=MONDAY + timedelta(seconds=number), subject=f"nr-{number}-")
    operator = Member(None)

    first, second = operator.text("/operator/audit?action=letter&company=" + CVR), None
    second = operator.text(f"/operator/audit?action=letter&company={CVR}&page=2")

    assert f"nr-{trail.PAGE + 4}-" in first
    assert "nr-4-" not in first
    assert "Ældre" in first
    assert "nr-4-" in second
    assert f"nr-{trail.PAGE + 4}-" not in second
    assert "Nyere" in second
    assert "Ældre" not in second


def test_an_action_alone_is_looked_for_in_one_day(visitor: Visitor) -> None:
    did("saw letter", at=MONDAY - timedelta(days=2), subject="gammelt")
    did("saw letter", subject="nyt")
    operator = Member(None)

    assert "gammelt" not in operator.text("/operator/audit?action=letter")
    assert "nyt" in operator.text("/operator/audit?action=letter")
    assert "gammelt" in operator.text(f"/operator/audit?action=letter&company={CVR}")


def test_what_was_typed_is_escaped_and_an_empty_log_says_so(visitor: Visitor) -> None:
    page = Member(None).get("/operator/audit?who=%3Cb%3E&day=x&company=%00")

    assert page.status_code == 200
    assert "<b>" not in page.text
    assert "Intet i loggen" in page.text


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_all_days_asks_for_nothing(visitor: Visitor, day: str) -> None:
    did("saw letter", subject="noget")

    assert "noget" in Member(None).text(f"/operator/audit?day={day}")
    assert Member().get(f"/profile/audit?day={day}").status_code == 200


def test_what_was_done_is_told_in_words(visitor: Visitor) -> None:
    say = Words("da")

    assert [trail.told(say, action) for action in ("saw letter", "did something new", "login", "odd")] == [
        "Så: Brev",
        "Gjorde: something new",
        "Login",
        "odd",
    ]


def test_the_rooms_of_operators_have_names_in_the_log() -> None:
    named = {value for value, _ in trail.actions(Words("da"), "operator")}

    rooms = {room.action for room in ROOMS if room.role == "operator"}

    assert rooms - named == set()


def test_a_company_is_offered_nothing_that_only_operators_do(visitor: Visitor) -> None:
    about_a_company = {room.action for room in ROOMS if room.role != "operator" or "{cvr}" in room.path}
    others = {room.action for room in ROOMS if room.action} - about_a_company

    own, all_ = (Member(cvr).text(path) for cvr, path in ((CVR, "/profile/audit"), (None, "/operator/audit")))

    offered = {value for value, _ in trail.actions(Words("da"), "company")}
    assert offered & others == set()
    assert about_a_company & {value for value, _ in trail.actions(Words("da"), "operator")} <= offered
    assert "Breve, der venter" in all_
    assert "Breve, der venter" not in own
