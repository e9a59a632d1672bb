"""A key that is pasted, replaced and removed, and how it stands with it; the fetcher's own handler tries it."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from common import cloudevents, db
from common import events as e
from common.inbox import AlreadyHandled
from common.secrets import Vault
from common.tables import ApiKey, Company, FetchRun, KeyTrial, Outbox
from decisions import companies, keys
from decisions.keys import Foreign, Standing
from decisions.values import NotAllowed
from fetcher import handlers
from fetcher.erp import KeyRefused, Owner, Unavailable
from tests.unit.decisions.cases import CVR, MONDAY, OTHER_CVR
from tests.unit.fetcher.fake_erp import FakeErp

pytestmark = pytest.mark.usefixtures("sqlite")
VAULT = Vault("s" * 40)
KEY, OTHER_KEY = "a-key-of-ordrestyring", "another-key-of-ordrestyring"
MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def _company(sqlite: str) -> None:
    for cvr in (CVR, OTHER_CVR):
        companies.add(cvr, "Holm", "bog@holm.dk", None, VAULT, MONDAY)


def submit(key: str = KEY, cvr: str = CVR, now: datetime = MONDAY) -> int:
    return keys.submit(cvr, key, "bog@holm.dk", VAULT, now)


def stored(cvr: str = CVR) -> Company:
    with db.connection():
        return Company.get_by_id(cvr)


def standing(cvr: str = CVR) -> Standing:
    with db.connection():
        return keys.standing(Company.get_by_id(cvr))


def candidates() -> list[tuple[str, int, str]]:
    with db.connection():
        return [(row.company, row.key_no, VAULT.unlock(row.locked)) for row in ApiKey.select().order_by(ApiKey.key_no)]


def said(kind: type[e.Event] = e.Event) -> list[Any]:
    with db.connection():
        events = [cloudevents.from_wire(row.body) for row in Outbox.select().order_by(Outbox.id)]
    return [event for event in events if isinstance(event, kind)]


def try_key(outcome: Exception | Owner, now: datetime = MONDAY) -> None:
    """The fetcher hears of the newest key, and Ordrestyring says this."""
    erp = FakeErp(owner=outcome) if isinstance(outcome, Owner) else FakeErp(failures=[outcome])
    handlers.on_api_key_submitted(said(e.ApiKeySubmitted)[-1], now, lambda _: erp)


def test_a_pasted_key_is_kept_unreadable_and_said_to_be_tried() -> None:
    key_no = submit()

    assert key_no == 1
    assert candidates() == [(CVR, 1, KEY)]
    assert said() == [e.ApiKeySubmitted(company=CVR, key_no=1, id=said()[0].id)]
    assert (stored().api_key, stored().api_key_no) == (None, 0)
    with db.connection():
        row = ApiKey.get()
        assert (row.by, row.submitted_at) == ("bog@holm.dk", MONDAY)
        assert KEY not in row.locked + Outbox.get().body


def test_a_bad_key_is_refused_and_not_repeated() -> None:
    with pytest.raises(NotAllowed) as refused:
        submit("æøå key that no header takes")

    assert "header" not in str(refused.value)
    assert (candidates(), said()) == ([], [])


def test_the_same_key_again_while_it_waits_is_the_same_wish() -> None:
    numbers = [submit(), submit(f" {KEY} ")]

    assert numbers == [1, 1]
    assert len(said()) == 1


def test_the_same_key_again_once_it_was_tried_is_tried_at_once() -> None:
    submit()
    try_key(Unavailable("it answered 503"))

    assert submit() == 2


def test_a_newer_key_takes_the_place_of_one_that_waits() -> None:
    numbers = [submit(), submit(OTHER_KEY), submit(cvr=OTHER_CVR)]

    assert numbers == [1, 2, 1]
    assert candidates() == [(OTHER_CVR, 1, KEY), (CVR, 2, OTHER_KEY)]
    assert [(event.company, event.key_no) for event in said()] == [(CVR, 1), (CVR, 2), (OTHER_CVR, 1)]


def test_a_removed_key_is_gone_at_once_and_its_number_is_not_used_again() -> None:
    submit()
    try_key(Owner("Holm"))
    submit(OTHER_KEY)

    keys.remove(CVR)

    assert stored().api_key is None
    assert (candidates(), standing()) == ([], Standing("none", in_use=False))
    assert submit() == 3


def test_a_key_that_is_removed_before_it_is_tried_never_comes_back() -> None:
    submit()
    late = said()[-1]
    keys.remove(CVR)
    submit(OTHER_KEY)

    with pytest.raises(AlreadyHandled):
        handlers.on_api_key_submitted(late, MONDAY, lambda _: FakeErp())

    assert stored().api_key is None
    assert standing().state == "trying"


def test_removing_twice_or_without_a_key_is_the_same() -> None:
    submit()
    keys.remove(CVR)
    keys.remove(CVR)
    keys.remove(OTHER_CVR)

    assert (stored().api_key_no, stored(OTHER_CVR).api_key_no) == (1, 0)


def test_a_key_that_was_refused_can_be_dropped_and_the_one_before_it_stays() -> None:
    submit()
    try_key(Owner("Holm"))
    submit(OTHER_KEY)
    try_key(KeyRefused("the ERP answered 401"))

    keys.drop(CVR)

    assert standing().state == "accepted"
    assert VAULT.unlock(str(stored().api_key)) == KEY
    assert submit() == 3


def test_a_key_that_waits_for_its_trial_is_not_dropped() -> None:
    submit()

    keys.drop(CVR)

    assert candidates() == [(CVR, 1, KEY)]


def test_a_key_that_an_operator_sets_is_newer_than_all_and_in_use_at_once() -> None:
    submit()
    late = said()[-1]

    companies.change(CVR, vault=VAULT, api_key=OTHER_KEY)

    with pytest.raises(AlreadyHandled):
        handlers.on_api_key_submitted(late, MONDAY, lambda _: FakeErp())
    assert (VAULT.unlock(str(stored().api_key)), stored().api_key_no) == (OTHER_KEY, 2)
    assert (candidates(), standing()) == ([], Standing("accepted", in_use=True))
    assert submit() == 3


def test_the_standing_follows_a_key_through_its_trial() -> None:
    seen = [standing()]
    submit()
    seen.append(standing())
    try_key(Unavailable("it answered 503"))
    seen.append(standing())
    submit()
    try_key(KeyRefused("the ERP answered 401"), MONDAY + MINUTE)
    seen.append(standing())
    submit()
    try_key(Owner("Holm ApS", CVR), MONDAY + MINUTE)
    seen.append(standing())

    assert [(one.state, one.in_use) for one in seen] == [
        ("none", False),
        ("trying", False),
        ("unreachable", False),
        ("refused", False),
        ("accepted", True),
    ]
    assert seen[2].try_at is not None
    assert seen[2].try_at > MONDAY
    assert seen[3] == Standing("refused", in_use=False, tried_at=MONDAY + MINUTE)
    assert seen[4] == Standing("accepted", in_use=True, whose="Holm ApS", cvr=CVR, tried_at=MONDAY + MINUTE)


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (KeyRefused("no"), "refused"),
        (Unavailable("away"), "unreachable"),
        (Owner("Another", OTHER_CVR), "foreign"),
        (None, "trying"),
    ],
)
def test_the_key_before_stays_in_use_until_another_is_accepted(answer: Exception | Owner | None, state: str) -> None:
    submit()
    try_key(Owner("Holm"))
    submit(OTHER_KEY)
    if answer:
        try_key(answer)

    now = standing()

    assert (now.state, now.in_use, now.whose) == (state, True, "Holm")
    assert VAULT.unlock(str(stored().api_key)) == KEY


def test_a_key_of_another_company_is_used_once_its_company_is_sure() -> None:
    submit()
    try_key(Owner("Another", OTHER_CVR))
    before, in_use = standing(), stored().api_key

    keys.insist(CVR, 1, "bog@holm.dk", MONDAY + MINUTE)
    try_key(Owner("Another", OTHER_CVR), MONDAY + MINUTE)

    assert (before.state, before.foreign, in_use) == ("foreign", Foreign(1, "Another", OTHER_CVR), None)
    assert (standing().state, standing().cvr, standing().foreign) == ("accepted", OTHER_CVR, None)
    assert (VAULT.unlock(str(stored().api_key)), stored().api_key_no) == (KEY, 2)


def test_nobody_is_sure_of_a_key_that_he_was_not_asked_about() -> None:
    submit()
    try_key(Owner("Another", OTHER_CVR))
    submit(OTHER_KEY)
    keys.insist(CVR, 1, "bog@holm.dk", MONDAY)
    untried = candidates()
    try_key(Owner("Another", OTHER_CVR))
    for number in (1, 3):
        keys.insist(CVR, number, "bog@holm.dk", MONDAY)

    assert untried == candidates() == [(CVR, 2, OTHER_KEY)]
    with db.connection():
        assert not ApiKey.get().sure


def test_being_sure_twice_is_one_wish() -> None:
    submit()
    try_key(Owner("Another", OTHER_CVR))

    for _ in range(2):
        keys.insist(CVR, 1, "bog@holm.dk", MONDAY)

    assert [event.key_no for event in said(e.ApiKeySubmitted)] == [1, 2]


def test_a_key_that_is_pasted_anew_is_asked_about_anew() -> None:
    submit()
    try_key(Owner("Another", OTHER_CVR))
    keys.insist(CVR, 1, "bog@holm.dk", MONDAY)
    try_key(Owner("Another", OTHER_CVR))
    submit()
    try_key(Owner("Another", OTHER_CVR))

    assert (standing().state, standing().in_use) == ("foreign", True)


def run(fetch_id: str, began_at: datetime, **fields: Any) -> None:
    row = {"fetch_id": fetch_id, "company": CVR, "began_at": began_at, "ended_at": began_at, "state": "failed"}
    with db.transaction():
        FetchRun.insert(row | {"reason": "key_refused"} | fields).execute()


def test_a_key_that_the_last_fetch_lost_is_named_until_a_fetch_or_a_trial_is_better() -> None:
    companies.change(CVR, vault=VAULT, api_key=KEY)
    before = standing().lost_at
    run("f1", MONDAY)
    lost = standing().lost_at
    run("f2", MONDAY + MINUTE, state="running", reason="", ended_at=None)
    still = standing().lost_at
    run("f3", MONDAY + 2 * MINUTE, reason="unavailable")
    another_reason = standing().lost_at

    assert (before, lost, still, another_reason) == (None, MONDAY, MONDAY, None)


def test_a_key_that_was_taken_since_is_not_lost() -> None:
    run("f1", MONDAY)
    submit()
    try_key(Owner("Holm"), MONDAY + MINUTE)

    assert standing().lost_at is None


def test_the_standing_takes_as_many_queries_whatever_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    counts, queries = [], list[str]()
    execute = db.handle.obj.execute_sql

    def counting(sql: str, *more: Any) -> Any:
        queries.append(sql)
        return execute(sql, *more)

    monkeypatch.setattr(db.handle.obj, "execute_sql", counting)
    for company in (CVR, OTHER_CVR):
        if company == CVR:
            submit()
            try_key(Owner("Holm"))
            submit(OTHER_KEY)
            run("f1", MONDAY)
        row = stored(company)
        queries.clear()
        with db.connection():
            keys.standing(row)
        counts.append(len([sql for sql in queries if sql.startswith("SELECT")]))

    assert counts[0] == 3
    assert counts[1] <= 3


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("12345678", "••••••••"),
        ("123456789012345", "••••••••"),
        ("1234567890123456", "••••••••3456"),
        (KEY, "••••••••ring"),
    ],
)
def test_of_a_key_at_most_its_last_four_characters_are_shown(key: str, shown: str) -> None:
    companies.change(CVR, vault=VAULT, api_key=key)

    assert keys.masked(stored(), VAULT) == shown


def test_another_company_s_trials_are_not_taken_for_one_s_own() -> None:
    submit(cvr=OTHER_CVR)
    try_key(Owner("Holm"))
    submit()

    assert (standing().state, standing(OTHER_CVR).state) == ("trying", "accepted")
    with db.connection():
        assert [row.company for row in KeyTrial.select()] == [OTHER_CVR]
