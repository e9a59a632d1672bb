"""A key that a company pasted is tried: accepted, refused, or asked again for days."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from common import clock, db, inbox
from common import events as e
from common.inbox import AlreadyHandled
from common.secrets import Vault
from common.tables import ApiKey, Company, Inbox, KeyTrial, Outbox
from decisions import keys
from fetcher.erp import KeyRefused, Owner, Unavailable
from tests.unit.fetcher.town import CVR, MONDAY, Town, day

VAULT = Vault("s" * 40)
KEY = "a-key-that-nobody-may-see"
AWAY = Unavailable("it answered 503")
REFUSED = KeyRefused("the ERP answered 401")


def paste(town: Town, key: str = KEY, now: datetime = MONDAY) -> e.ApiKeySubmitted:
    keys.submit(CVR, key, "bog@vvs.example", VAULT, now)
    return town.said(e.ApiKeySubmitted)[-1]  # type: ignore[return-value]


def company() -> Company:
    with db.connection():
        return Company.get_by_id(CVR)


def in_use() -> str:
    return VAULT.unlock(str(company().api_key)) if company().api_key_no != 7 else str(company().api_key)


def trial(key_no: int = 8) -> KeyTrial:
    with db.connection():
        return KeyTrial.get(company=CVR, key_no=key_no)


def last(town: Town) -> list[tuple[str, int]]:
    """Types and attempts of what was said of keys, but for what was pasted."""
    news = [event for event in town.said(e.ApiKeyEvent) if event.type != "api_key.submitted" or event.attempt]  # type: ignore[attr-defined]
    return [(event.type, event.attempt) for event in news]  # type: ignore[attr-defined]


def at(kind: str) -> list[datetime]:
    with db.connection():
        return [row.at for row in Outbox.select().where(Outbox.type == kind).order_by(Outbox.id)]


def test_an_accepted_key_is_in_use_and_it_is_said_whose_it_is(town: Town) -> None:
    wish = paste(town)

    town.hear(wish, MONDAY)

    assert (in_use(), company().api_key_no) == (KEY, 8)
    assert (trial().state, trial().whose, trial().cvr) == ("accepted", "Jensen VVS ApS", "12345674")
    assert (trial().tried_at, trial().try_at, trial().tries) == (MONDAY, None, 1)
    assert last(town) == [("api_key.accepted", 0)]


def test_a_refused_key_leaves_the_one_before_it_in_use(town: Town) -> None:
    town.erp.failures = [REFUSED]
    wish = paste(town)

    town.hear(wish)

    assert (company().api_key, company().api_key_no) == ("locked", 7)
    assert (trial().state, trial().reason) == ("refused", "the ERP answered 401")
    assert last(town) == [("api_key.refused", 0)]


ANOTHER = Owner("Andre ApS", "10150817")


def test_a_key_of_another_cvr_number_leaves_the_one_before_it_in_use(town: Town) -> None:
    town.erp.owner = ANOTHER
    wish = paste(town)

    town.hear(wish)

    assert (company().api_key, company().api_key_no) == ("locked", 7)
    assert (trial().state, trial().whose, trial().cvr) == ("foreign", "Andre ApS", "10150817")
    assert last(town) == [("api_key.refused", 0)]
    with pytest.raises(AlreadyHandled):
        town.hear(e.ApiKeySubmitted(company=CVR, key_no=8, attempt=1))


def test_a_key_of_another_cvr_number_is_used_if_its_company_is_sure(town: Town) -> None:
    town.erp.owner = ANOTHER
    town.hear(paste(town))
    keys.insist(CVR, 8, "bog@vvs.example", MONDAY)

    town.hear(town.said(e.ApiKeySubmitted)[-1])

    assert (in_use(), company().api_key_no) == (KEY, 9)
    assert (trial(9).state, trial(9).cvr) == ("accepted", "10150817")
    assert last(town) == [("api_key.refused", 0), ("api_key.accepted", 0)]


@pytest.mark.parametrize("cvr", ["", "12345678", "00000000", CVR])
def test_what_is_no_cvr_number_does_not_stop_a_key(town: Town, cvr: str) -> None:
    town.erp.owner = Owner("Jensen VVS ApS", cvr)

    town.hear(paste(town))

    assert (trial().state, in_use()) == ("accepted", KEY)


def test_an_erp_that_is_away_is_asked_again_later_and_later(town: Town) -> None:
    wish: e.Event = paste(town, now=clock.business_now())
    waits = []
    for _ in range(9):
        town.erp.failures = [AWAY]
        before = clock.business_now()
        town.hear(wish, before)
        waits.append((at("api_key.submitted")[-1] - before) / timedelta(minutes=1))
        wish = town.said(e.ApiKeySubmitted)[-1]

    town.hear(wish)

    assert [round(wait) for wait in waits] == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (trial().state, trial().tries, in_use()) == ("accepted", 10, KEY)
    assert last(town)[:4] == [
        ("api_key.submitted", 1),
        ("api_key.unreachable", 0),
        ("api_key.submitted", 2),
        ("api_key.unreachable", 1),
    ]
    assert last(town)[-1] == ("api_key.accepted", 9)


def test_the_page_can_say_when_it_is_tried_again(town: Town) -> None:
    town.erp.failures = [Unavailable("it answered 429", 1200)]
    before = clock.business_now()
    wish = paste(town, now=before)

    town.hear(wish, before)

    assert trial().try_at == at("api_key.submitted")[-1]
    assert timedelta(minutes=20) <= trial().try_at - before < timedelta(minutes=21)


def test_after_three_days_nobody_asks_any_more(town: Town) -> None:
    town.erp.failures = [AWAY, AWAY]
    wish = paste(town)

    town.hear(wish, day(3) - timedelta(seconds=1))
    again = town.said(e.ApiKeySubmitted)[-1]
    town.hear(again, day(3))

    assert (trial().state, trial().try_at, trial().tries) == ("unreachable", None, 2)
    assert town.said(e.ApiKeySubmitted)[-1] == again
    assert last(town)[-1] == ("api_key.unreachable", 1)


def test_a_repeat_asks_nobody(town: Town) -> None:
    wish = paste(town)
    town.hear(wish)

    with pytest.raises(AlreadyHandled):
        town.hear(wish)

    assert town.erp.calls == [("whose",)]


@pytest.mark.parametrize("failure", [None, REFUSED, AWAY], ids=["accepted", "refused", "unreachable"])
def test_a_repeat_that_the_inbox_has_forgotten_changes_nothing(town: Town, failure: Exception | None) -> None:
    town.erp.failures = [failure] if failure else []
    wish = paste(town)
    town.hear(wish)
    known = len(town.said())
    with db.transaction():
        Inbox.delete().execute()

    with pytest.raises(AlreadyHandled):
        town.hear(wish)

    assert len(town.said()) == known
    assert len(town.erp.calls) == 1


def test_of_two_keys_that_were_pasted_the_newer_one_counts_in_any_order(town: Town) -> None:
    first = paste(town, "the-first-key")
    second = paste(town, "the-second-key")

    town.hear(second)
    with pytest.raises(AlreadyHandled, match="replaced"):
        town.hear(first)

    assert (in_use(), company().api_key_no) == ("the-second-key", 9)
    assert town.erp.calls == [("whose",)]
    assert last(town) == [("api_key.accepted", 0)]


@pytest.mark.parametrize("failure", [None, REFUSED, AWAY], ids=["accepted", "refused", "unreachable"])
@pytest.mark.parametrize("meanwhile", ["replaced", "removed", "set by an operator"])
def test_an_answer_that_comes_too_late_is_not_written_down(
    town: Town, monkeypatch: pytest.MonkeyPatch, failure: Exception | None, meanwhile: str
) -> None:
    """Of a key that was replaced or removed while Ordrestyring was being asked."""
    wish = paste(town)
    town.erp.failures = [failure] if failure else []
    whose = town.erp.whose

    def slowly() -> Owner:
        match meanwhile:
            case "replaced":
                paste(town, "a-newer-key")
            case "removed":
                keys.remove(CVR)
            case _:
                from decisions import companies

                companies.change(CVR, vault=VAULT, api_key="key-of-an-operator")
        return whose()

    monkeypatch.setattr(town.erp, "whose", slowly)
    with pytest.raises(AlreadyHandled):
        town.hear(wish)

    kept = {"replaced": "locked", "removed": None}.get(meanwhile, company().api_key)
    assert company().api_key == kept
    assert not any(kind != "api_key.submitted" for kind, _ in last(town))
    with db.connection():
        assert KeyTrial.select().count() == 0


def test_a_key_that_is_older_than_the_one_in_use_is_not_tried(town: Town) -> None:
    """Where a program that knows of no candidates has set one, say."""
    wish = paste(town)
    with db.transaction():
        Company.update(api_key="newer", api_key_no=9).execute()

    with pytest.raises(AlreadyHandled):
        town.hear(wish)

    assert company().api_key == "newer"
    assert town.erp.calls == []


def test_the_next_try_ends_with_a_removal(town: Town) -> None:
    town.erp.failures = [AWAY]
    town.hear(paste(town))
    again = town.said(e.ApiKeySubmitted)[-1]
    keys.remove(CVR)

    with pytest.raises(AlreadyHandled):
        town.hear(again)

    assert company().api_key is None
    assert len(town.erp.calls) == 1


def test_a_crash_after_the_erp_has_answered_is_a_try_that_never_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = paste(town)
    with monkeypatch.context() as crashing:
        crashing.setattr(inbox, "once", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            town.hear(wish)
    before = (company().api_key, last(town))

    town.hear(wish)

    assert before == ("locked", [])
    assert in_use() == KEY
    assert last(town) == [("api_key.accepted", 0)]


def test_a_crash_while_it_is_written_down_leaves_nothing_of_it(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    wish = paste(town)
    with monkeypatch.context() as crashing:
        crashing.setattr(db, "catch_up", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            town.hear(wish)
    with db.connection():
        before = (company().api_key, KeyTrial.select().count())

    town.hear(wish)

    assert before == ("locked", 0)
    assert (in_use(), last(town)) == (KEY, [("api_key.accepted", 0)])


def test_a_key_is_tried_outside_any_transaction(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    inside: list[bool] = []
    monkeypatch.setattr(town.erp, "_called", lambda *_: inside.append(db.handle.in_transaction()))

    town.hear(paste(town))

    assert inside == [False]


@pytest.mark.parametrize("failure", [None, REFUSED, AWAY], ids=["accepted", "refused", "unreachable"])
def test_a_key_stands_in_no_log_and_no_event(town: Town, failure: Exception | None) -> None:
    town.erp.failures = [failure] if failure else []

    with capture_logs() as logs:
        town.hear(paste(town))

    with db.connection():
        rows: list[Any] = [row.body for row in Outbox.select()] + [row.__data__ for row in KeyTrial.select()]
        locked = str(ApiKey.get().locked)
    assert KEY not in str(logs) + str(rows)
    assert locked not in str(logs) + str(rows)


def test_a_key_that_was_locked_again_while_it_was_tried_is_put_in_use_as_it_is_now(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    wish = paste(town)
    newer = Vault("n" * 40)

    def slowly() -> Owner:
        with db.transaction():
            ApiKey.update(locked=newer.lock(KEY)).execute()
        return Owner()

    monkeypatch.setattr(town.erp, "whose", slowly)
    town.hear(wish)

    assert newer.unlock(str(company().api_key)) == KEY
