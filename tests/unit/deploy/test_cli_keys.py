"""`rykker keys`: which secret each API key stands under, and how all come under the newest."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from common import db
from common.secrets import Vault
from common.settings import Settings
from common.tables import ApiKey, Company
from decisions import keys
from deploy import rotation
from deploy.doctor import database
from tests.unit.deploy.conftest import SECRET, Rykker, told

pytestmark = [pytest.mark.fast, pytest.mark.usefixtures("tables")]
OLD, OLDER, LOST = ("o" * 40, "p" * 40, "l" * 40)
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


@pytest.fixture
def portal(rykker: Rykker, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Rykker:
    """Companies with keys of several secrets; 1 to 5 is the last figure of their number."""
    db.use(f"sqlite:///{folder}/rykker.sqlite")
    company(1, OLD)
    company(2, SECRET)
    company(3, OLDER)
    company(4, None)
    company(5, OLD)
    candidate(4, OLD)
    candidate(5, SECRET)
    monkeypatch.setenv("RYKKER_OLD_SECRETS", f"{OLD},{OLDER}")
    return rykker


def cvr(number: int) -> str:
    return f"1234567{number}"


def company(number: int, secret: str | None) -> None:
    key = Vault(secret).lock(f"the-key-in-use-{number}") if secret else None
    with db.transaction():
        Company.create(cvr=cvr(number), name="A", email="a@b.example", api_key=key, api_key_no=1, created_at=NOW)


def candidate(number: int, secret: str) -> None:
    locked = Vault(secret).lock(f"the-new-key-{number}")
    with db.transaction():
        ApiKey.create(company=cvr(number), key_no=2, locked=locked, submitted_at=NOW, by="a@b.example")


def opened(secret: str = SECRET) -> list[str]:
    """Every key, opened with one secret."""
    vault = Vault(secret)
    with db.connection():
        in_use = [row.api_key for row in Company.select().order_by(Company.cvr) if row.api_key]
        return [vault.unlock(locked) for locked in (*in_use, *(row.locked for row in ApiKey.select()))]


KEYS = [f"the-key-in-use-{number}" for number in (1, 2, 3, 5)] + ["the-new-key-4", "the-new-key-5"]


def test_list_counts_the_keys_of_each_secret_and_shows_none(portal: Rykker) -> None:
    report, page = told(portal("keys", "list", "--json")), portal("keys", "list").stdout

    assert report == {
        "secrets": [
            {"secret": "RYKKER_SECRET", "keys": 2},
            {"secret": "RYKKER_OLD_SECRETS, number 1", "keys": 3},
            {"secret": "RYKKER_OLD_SECRETS, number 2", "keys": 1},
        ],
        "unreadable": [],
    }
    assert "rykker keys rotate" in page
    assert not any(text in page for text in (OLD, OLDER, SECRET, "the-key"))


def test_rotate_encrypts_every_key_under_the_newest_secret(portal: Rykker) -> None:
    said = portal("keys", "rotate")

    assert said.stdout.strip() == "4 keys encrypted anew under RYKKER_SECRET; 2 stood under it already"
    assert opened() == KEYS
    assert "rotate" not in portal("keys", "list").stdout


def test_rotate_twice_changes_nothing_the_second_time(portal: Rykker) -> None:
    portal("keys", "rotate")
    with db.connection():
        before = [row.api_key for row in Company.select().order_by(Company.cvr)]

    again = told(portal("keys", "rotate", "--json"))

    assert again == {"rotated": 0, "current": 6, "unreadable": []}
    with db.connection():
        assert [row.api_key for row in Company.select().order_by(Company.cvr)] == before


def test_rotate_names_what_it_can_t_read_and_does_the_rest(portal: Rykker) -> None:
    company(6, LOST)
    candidate(6, LOST)
    candidate(2, LOST)

    said = portal("keys", "rotate")

    assert said.exit_code == 1
    assert f"no secret opens the keys of {cvr(2)}, {cvr(6)}" in " ".join(said.stdout.split())
    assert told(portal("keys", "list", "--json"))["secrets"][0]["keys"] == 6
    with db.connection():
        assert Vault(LOST).unlock(str(Company.get_by_id(cvr(6)).api_key)) == "the-key-in-use-6"


def test_a_key_that_is_set_meanwhile_is_not_overwritten(portal: Rykker, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as by a program that takes no lock."""
    vault, set_meanwhile = Vault(SECRET, (OLD, OLDER)), Vault(SECRET).lock("a-key-set-meanwhile")

    class Slow(Vault):
        def unlock(self, locked: str) -> str:
            Company.update(api_key=set_meanwhile).where(Company.cvr == cvr(1)).execute()
            ApiKey.update(locked=set_meanwhile).where(ApiKey.company == cvr(4)).execute()
            return super().unlock(locked)

    rotation.rotate(Slow(SECRET, (OLD, OLDER)), 3)

    with db.connection():
        assert Company.get_by_id(cvr(1)).api_key == set_meanwhile
        assert ApiKey.get(company=cvr(4)).locked == set_meanwhile
        assert vault.unlock(str(Company.get_by_id(cvr(3)).api_key)) == "the-key-in-use-3"


def test_a_rotated_key_is_the_same_key(portal: Rykker) -> None:
    """For a candidate that is pasted once more while it waits, too."""
    portal("keys", "rotate")

    number = keys.submit(cvr(4), "the-new-key-4", "a@b.example", Vault(SECRET), NOW)

    assert number == 2


def doctor(**env: str) -> tuple[bool | None, str, str]:
    settings = Settings(secret=SECRET, **env)
    return next((one.ok, one.found, one.todo) for one in list(database.findings(settings)) if one.about == "secret")


def test_the_doctor_knows_old_secrets(portal: Rykker) -> None:
    with_all, with_one = doctor(old_secrets=f"{OLD},{OLDER}"), doctor(old_secrets=OLD)
    portal("keys", "rotate")
    after = doctor()

    assert with_all == (True, "reads all 6 API keys, 4 of them with an old one", "`rykker keys rotate`")
    assert with_one[:2] == (False, f"can't read the API keys of {cvr(3)}; it reads 5")
    assert after == (True, "reads all 6 API keys", "")
