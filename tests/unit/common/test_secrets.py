"""Secrets that change: what was made with a former one is still read, and everything new is made with the newest."""

from datetime import timedelta

import pytest

from common.links import AnswerLink, DigestLink, PortalLinks
from common.secrets import KeyUnreadable, LinkForged, Links, Marks, Vault
from common.settings import Settings

OLD, NEW = "o" * 40, "n" * 40
DAY = timedelta(days=1)


def test_a_key_that_a_former_secret_locked_is_read() -> None:
    locked = Vault(OLD).lock("my-api-key")

    assert Vault(NEW, [OLD]).unlock(locked) == "my-api-key"
    with pytest.raises(KeyUnreadable):
        Vault(NEW).unlock(locked)


def test_a_key_is_locked_with_the_newest_secret() -> None:
    locked = Vault(NEW, [OLD]).lock("my-api-key")

    assert Vault(NEW).unlock(locked) == "my-api-key"
    with pytest.raises(KeyUnreadable):
        Vault(OLD).unlock(locked)


def test_a_vault_knows_which_secret_locked_a_key() -> None:
    vault = Vault(NEW, [OLD, "p" * 40])

    places = [vault.secret_of(Vault(secret).lock("key")) for secret in (NEW, OLD, "p" * 40)]

    assert places == [0, 1, 2]
    with pytest.raises(KeyUnreadable):
        vault.secret_of(Vault("x" * 40).lock("key"))


def test_a_link_that_a_former_secret_signed_is_read() -> None:
    old, both, new = Links(OLD, "a", DAY), Links(NEW, "a", DAY, former=[OLD]), Links(NEW, "a", DAY)

    assert both.read(old.sign({"c": 1})) == {"c": 1}
    assert new.read(both.sign({"c": 1})) == {"c": 1}
    with pytest.raises(LinkForged):
        old.read(both.sign({"c": 1}))
    with pytest.raises(LinkForged):
        new.read(old.sign({"c": 1}))


def test_a_former_secret_opens_no_link_of_another_purpose() -> None:
    with pytest.raises(LinkForged):
        Links(NEW, "b", DAY, former=[OLD]).read(Links(OLD, "a", DAY).sign({"c": 1}))


def test_a_mark_of_a_former_secret_is_known_and_none_is_made_with_it() -> None:
    old, both, new = Marks(OLD, "bounces"), Marks(NEW, "bounces", [OLD]), Marks(NEW, "bounces")

    assert both.is_of("letter", old.of("letter"))
    assert both.of("letter") == new.of("letter") != old.of("letter")
    assert not new.is_of("letter", old.of("letter"))


def test_the_links_in_mails_are_read_whichever_secret_made_them() -> None:
    before, after = Settings(secret=OLD), Settings(secret=NEW, old_secrets=f" {OLD} , ")
    answer, digest = AnswerLink("12345674", "p", "stop"), DigestLink("12345674", "l")
    made, reading = PortalLinks(before), PortalLinks(after)

    assert reading.read_answer(made.answer(answer).rpartition("/")[2]) == answer
    assert reading.read_digest(made.digest(digest).rpartition("/")[2]) == digest
