"""Logins on both databases, with several people at once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from argon2 import PasswordHasher

from common import clock, db
from common.links import PasswordLink
from common.tables import Attempt, Login, Outbox, Session
from decisions import attempts, logins, passwords, sessions
from tests.unit.decisions import cases
from tests.unit.decisions.cases import CVR, MONDAY
from tests.unit.decisions.member import Member

PASSWORD = "hammer og søm 4 stk"


@pytest.fixture(autouse=True)
def _firm(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    cases.stop_clock(tmp_path)
    cases.company()


def at_once(count: int, act: Callable[[int], Any]) -> list[Any]:
    """What each of them came to: what it returned, or what it raised."""
    together, ended = Barrier(count), list[Any]()

    def one(number: int) -> None:
        together.wait()
        try:
            ended.append(act(number))
        except Exception as error:  # noqa: BLE001 - what came of it is what is looked at
            ended.append(type(error))
        finally:
            db.handle.close()

    threads = [Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended


def test_invitations_at_once_make_one_login(database: str) -> None:
    ids = at_once(6, lambda number: logins.invite(CVR, f"bog{number}@holm.example", MONDAY.replace(second=number)))

    with db.connection():
        (login,) = Login.select()
        events = Outbox.select().count()
    assert ids == [login.id] * 6
    assert events == 6


def test_a_link_that_is_used_at_once_sets_one_password(database: str) -> None:
    link = PasswordLink(logins.invite(CVR, "bog@holm.example", MONDAY), 0)

    ended = at_once(4, lambda number: logins.set_by_link(link, f"{PASSWORD} {number}", clock.real_now(), MONDAY))

    with db.connection():
        assert Login.get().password_no == 1
    assert ended.count(logins.LinkUsed) == 3


def test_guesses_at_once_are_all_counted(database: str) -> None:
    now = clock.real_now()

    ended = at_once(12, lambda number: attempts.count("account", "1.1.1.1", now))

    with db.connection():
        failures = {row.failures for row in Attempt.select()}
    assert ended.count(None) == 5
    assert ended.count(attempts.TooManyAttempts) == 7
    assert failures == {5}


def test_guesses_at_accounts_from_one_address_do_not_hinder_each_other(database: str) -> None:
    ended = at_once(12, lambda number: attempts.count(f"account {number}", "1.1.1.1", clock.real_now()))

    assert ended == [None] * 12


def test_a_company_comes_in_and_goes_out(database: str) -> None:
    link = PasswordLink(logins.invite(CVR, "bog@holm.example", MONDAY), 0)
    logins.set_by_link(link, PASSWORD, clock.real_now(), MONDAY)

    _, word = logins.enter(CVR, PASSWORD, "1.1.1.1", clock.real_now(), MONDAY)

    with db.connection():
        found = sessions.find(word, clock.real_now())
    assert found is not None
    assert (found[0].company, found[0].role, found[1].name if found[1] else "") == (
        CVR,
        "company",
        "Murermester <Holm> & Søn",
    )
    sessions.end(found[0].session)
    with db.connection():
        assert sessions.find(word, clock.real_now()) is None


def test_an_operator_has_no_company(database: str) -> None:
    login = logins.add_operator("Drift@b.example", MONDAY)

    assert (login.email, login.company) == ("drift@b.example", None)
    assert Member(None, "drift@b.example").get("/profile/login").status_code == 200


def test_links_asked_for_at_once_are_as_few_as_one_after_the_other(database: str) -> None:
    logins.invite(CVR, "bog@holm.example", MONDAY)
    now = clock.real_now()

    at_once(8, lambda number: logins.forgotten(CVR, f"10.0.{number}.1", now, MONDAY + timedelta(seconds=number)))

    with db.connection():
        assert Outbox.select().where(Outbox.type == "login.forgotten").count() == attempts.MAILS


def test_a_login_and_a_new_password_at_once_leave_nobody_in_by_the_old_one(database: str) -> None:
    login_id = logins.invite(CVR, "bog@holm.example", MONDAY)
    logins.set_by_link(PasswordLink(login_id, 0), PASSWORD, clock.real_now(), MONDAY)

    own = list[str]()

    def act(number: int) -> None:
        if number == 0:
            own.append(logins.set_by_link(PasswordLink(login_id, 1), f"new {PASSWORD}", clock.real_now(), MONDAY)[1])
        else:
            logins.enter(CVR, PASSWORD, f"10.0.{number}.1", clock.real_now(), MONDAY)

    at_once(8, act)

    with db.connection():
        found = sessions.find(own[0], clock.real_now())
        assert [row.id for row in Session.select()] == [found[0].session if found else ""]
