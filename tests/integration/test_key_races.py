"""Keys that are pasted, tried and removed at the same moment, on both databases: the newest counts, nothing twice."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from common import db
from common import events as e
from common.inbox import AlreadyHandled
from common.secrets import Vault
from common.tables import ApiKey, Company, KeyTrial
from decisions import companies, keys
from deploy import rotation
from fetcher import keys as fetchers
from fetcher import store
from fetcher.erp import Owner
from tests.integration.racing import at_once
from tests.unit.fetcher.fake_erp import FakeErp
from tests.unit.fetcher.town import CVR, MONDAY, Town

pytestmark = pytest.mark.fast
VAULT = Vault("s" * 40)


class MeetingErp(FakeErp):
    """Answers when all who ask are there."""

    barrier: Barrier | None = None

    def whose(self) -> Owner:
        if self.barrier:
            self.barrier.wait(timeout=10)
        return super().whose()


@pytest.fixture
def town(database: str) -> Town:
    town = Town(api_key=None, api_key_no=0)
    town.erp = MeetingErp()
    return town


def paste(key: str) -> Callable[[], int]:
    return lambda: keys.submit(CVR, key, "a@b.example", VAULT, MONDAY)


def company() -> Any:
    with db.connection():
        return Company.get_by_id(CVR)


def test_two_keys_that_are_pasted_at_once_get_a_number_each_and_the_newer_one_stays(town: Town) -> None:
    pasted = [f"key-number-{place}" for place in range(4)]

    numbers = at_once(*map(paste, pasted))

    assert sorted(numbers) == [1, 2, 3, 4]
    with db.connection():
        (row,) = ApiKey.select()
    assert (row.key_no, VAULT.unlock(row.locked)) == (4, pasted[numbers.index(4)])
    assert len(town.said(e.ApiKeySubmitted)) == 4


def test_the_same_key_twice_at_once_is_one_wish(town: Town) -> None:
    assert at_once(*[paste("one-key-of-mine")] * 3) == [1, 1, 1]
    assert len(town.said()) == 1


def test_a_message_that_comes_four_times_at_once_is_answered_once(town: Town) -> None:
    paste("key-of-mine")()
    (wish,) = town.said()
    assert isinstance(town.erp, MeetingErp)
    town.erp.barrier = Barrier(4)

    done = at_once(*[lambda: town.hear(wish)] * 4)

    assert sorted(map(str, done)) == sorted([str(AlreadyHandled)] * 3 + ["None"])
    assert len(town.said(e.ApiKeyAccepted)) == 1
    assert VAULT.unlock(company().api_key) == "key-of-mine"


@pytest.mark.parametrize("repeat", range(5))
def test_a_removal_at_the_moment_of_the_answer_leaves_no_key(town: Town, repeat: int) -> None:
    paste("key-of-mine")()
    (wish,) = town.said()

    done = at_once(lambda: town.hear(wish), lambda: keys.remove(CVR))

    assert done[0] in (None, AlreadyHandled)
    assert done[1] is None
    assert (company().api_key, company().api_key_no) == (None, 1)
    with db.connection():
        assert ApiKey.select().count() == 0


@pytest.mark.parametrize("repeat", range(5))
def test_an_operator_s_key_at_the_moment_of_the_answer_stays(town: Town, repeat: int) -> None:
    paste("key-of-mine")()
    (wish,) = town.said()

    at_once(lambda: town.hear(wish), lambda: companies.change(CVR, vault=VAULT, api_key="operators-key"))

    assert (VAULT.unlock(company().api_key), company().api_key_no) == ("operators-key", 2)


@pytest.mark.parametrize("repeat", range(5))
def test_a_newer_key_at_the_moment_of_the_answer_is_the_one_that_counts(town: Town, repeat: int) -> None:
    paste("key-of-mine")()
    (wish,) = town.said()
    at_once(lambda: town.hear(wish), paste("newer-key-of-mine"))

    town.hear(town.said(e.ApiKeySubmitted)[-1], MONDAY + timedelta(minutes=1))

    assert (VAULT.unlock(company().api_key), company().api_key_no) == ("newer-key-of-mine", 2)
    with db.connection():
        assert KeyTrial.get(key_no=2).state == "accepted"


@pytest.mark.parametrize("repeat", range(5))
def test_a_key_that_comes_into_use_while_all_are_encrypted_anew_is_lost_to_nobody(town: Town, repeat: int) -> None:
    companies.change(CVR, vault=VAULT, api_key="key-in-use")
    paste("key-of-mine")()
    wish = town.said()[-1]
    both = Vault("n" * 40, ["s" * 40])

    at_once(lambda: town.hear(wish), lambda: rotation.rotate(both, 2), lambda: rotation.rotate(both, 2))

    assert Vault("n" * 40).unlock(company().api_key) == "key-of-mine"
    with db.connection():
        assert rotation.places(Vault("n" * 40), 1).unreadable == []


def test_keys_are_not_encrypted_anew_between_reading_a_key_and_putting_it_in_use(town: Town) -> None:
    paste("key-of-mine")()
    wish = town.said()[-1]
    assert isinstance(wish, e.ApiKeySubmitted)
    rotating = Thread(target=rotation.rotate, args=(Vault("n" * 40, ["s" * 40]), 2))

    with db.transaction():
        store.lock_company(CVR)
        key = fetchers.candidate(wish)
        rotating.start()
        rotating.join(timeout=0.5)
        fetchers.use(key)
    rotating.join(timeout=10)

    assert Vault("n" * 40).unlock(company().api_key) == "key-of-mine"
