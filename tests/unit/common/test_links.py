from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from common import clock
from common.links import AnswerLink, DigestLink, PortalLinks
from common.secrets import KeyUnreadable, LinkExpired, LinkForged, Vault
from common.settings import Settings

LINK = AnswerLink("12345674", "p", "stop")


@pytest.fixture
def links() -> PortalLinks:
    return PortalLinks(Settings(secret="s" * 43, portal_url="http://portal.example/"))


@pytest.fixture
def clock_file(tmp_path: Path) -> Path:
    path = tmp_path / "clock"
    set_clock(path, 0)
    clock.follow(path)
    return path


def set_clock(path: Path, days: int) -> None:
    business = datetime(2026, 3, 2, 7, tzinfo=UTC) + timedelta(days=days)
    path.write_text(str(clock.Anchor(business, clock.real_now(), 1)))


def token(url: str) -> str:
    return url.rpartition("/")[2]


def test_a_link_is_read_as_it_was_made(links: PortalLinks) -> None:
    url = links.answer(LINK)

    assert url.startswith("http://portal.example/answer/")
    assert links.read_answer(token(url)) == LINK
    assert links.read_digest(token(links.digest(DigestLink("12345674", "l")))) == DigestLink("12345674", "l")


def test_a_link_for_one_thing_is_no_good_for_another(links: PortalLinks) -> None:
    with pytest.raises(LinkForged):
        links.read_digest(token(links.answer(LINK)))
    with pytest.raises(LinkForged):
        links.read_answer(token(links.digest(DigestLink("12345674", "l"))))


def test_a_link_of_another_installation_is_forged(links: PortalLinks) -> None:
    other = PortalLinks(Settings(secret="t" * 43))

    with pytest.raises(LinkForged):
        links.read_answer(token(other.answer(LINK)))


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: "", lambda t: t[::-1], lambda t: "x" + t, lambda t: "æ"]
)
def test_a_changed_link_is_forged(links: PortalLinks, change: object) -> None:
    with pytest.raises(LinkForged):
        links.read_answer(change(token(links.answer(LINK))))  # type: ignore[operator]


def test_a_link_expires_on_the_business_clock(links: PortalLinks, clock_file: Path) -> None:
    made = token(links.answer(LINK))

    set_clock(clock_file, 179)
    assert links.read_answer(made) == LINK

    set_clock(clock_file, 181)
    with pytest.raises(LinkExpired):
        links.read_answer(made)


def test_a_key_is_unreadable_until_it_is_unlocked() -> None:
    vault = Vault("s" * 43)

    locked = vault.lock("my-api-key")

    assert "my-api-key" not in locked
    assert vault.unlock(locked) == "my-api-key"
    with pytest.raises(KeyUnreadable, match="RYKKER_SECRET"):
        Vault("t" * 43).unlock(locked)
