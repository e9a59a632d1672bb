"""The mailbox of bounces: what is fetched, in which order, what becomes of it, and how servers differ."""

import threading
from typing import NoReturn

import pytest

from common.logs import log
from notifier import postbox
from notifier.postbox import HANDLED, UNREAD, Away, Postbox
from tests.unit.notifier.imap import mailbox


def handled(content: bytes) -> str | None:
    return {b"good": HANDLED, b"strange": UNREAD}.get(content)


# --- folders ---------------------------------------------------------------------------------------------------------
def test_mails_go_to_the_folder_of_what_became_of_them() -> None:
    with mailbox(b"good", b"strange", b"later", b"good") as box:
        assert Postbox(box.url).look(handled) == 3

        assert (box.seen, box.folders, box.words) == ({1, 2, 4}, {"Handled": {1, 4}, "Unread": {2}}, {})


def test_folders_that_are_there_are_used() -> None:
    with mailbox(b"good") as box:
        box.folders = {"Handled": {7}}

        assert Postbox(box.url).look(handled) == 1
        assert box.folders == {"Handled": {1, 7}}


@pytest.mark.parametrize("without", ["moves", "creates"])
@pytest.mark.parametrize("is_rude", [False, True], ids=["NO", "BAD"])
def test_a_server_that_moves_nothing_keeps_the_word_as_a_flag(without: str, is_rude: bool) -> None:
    with mailbox(b"good", b"strange") as box:
        setattr(box, without, False)
        box.is_rude = is_rude

        assert Postbox(box.url).look(handled) == 2
        assert (box.seen, box.folders, box.words) == ({1, 2}, {}, {1: "Handled", 2: "Unread"})


def test_a_server_that_keeps_no_flags_of_ours_has_them_seen_all_the_same() -> None:
    with mailbox(b"good", b"strange") as box:
        box.moves, box.refuses = False, r"UID STORE 1 +FLAGS.SILENT (Handled"

        assert (Postbox(box.url).look(handled), box.seen, box.words) == (2, {1, 2}, {2: "Unread"})


def test_a_mail_that_can_not_be_marked_stays_where_it_is() -> None:
    with mailbox(b"good") as box:
        box.refuses = "UID STORE"

        with pytest.raises(Away):
            Postbox(box.url).look(handled)
        assert (box.seen, box.folders) == (set(), {})


# --- which, and how many ---------------------------------------------------------------------------------------------
def test_a_look_is_at_so_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postbox, "AT_ONCE", 2)
    with mailbox(b"good", b"good", b"good") as box:
        assert [Postbox(box.url).look(handled) for _ in range(3)] == [2, 1, 0]


def test_mails_that_come_again_and_again_keep_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postbox, "AT_ONCE", 2)
    with mailbox(b"poison", b"poison", b"good", b"poison") as box:
        reader = Postbox(box.url)

        assert [reader.look(handled) for _ in range(3)] == [0, 1, 0]
        assert box.fetched == [1, 2, 3, 4, 1, 2]  # behind the others, and not forgotten


@pytest.mark.parametrize("command", ["UID FETCH 1 ", "UID STORE 1 "])
def test_a_mail_that_the_server_can_not_give_or_mark_stops_the_others_once(command: str) -> None:
    with mailbox(b"good", b"good", b"good") as box:
        box.refuses = command
        reader = Postbox(box.url)
        with pytest.raises(Away):
            reader.look(handled)

        with pytest.raises(Away):
            reader.look(handled)

        assert box.seen == {2, 3}


def test_two_at_once_trip_over_no_mail_that_the_other_has_moved() -> None:
    with mailbox(b"good", b"good", b"later") as box:

        def meanwhile(content: bytes) -> str | None:
            if not box.folders:
                assert Postbox(box.url).look(handled) == 2
            return HANDLED

        assert Postbox(box.url).look(meanwhile) == 2
        assert (box.seen, box.folders) == ({1, 2, 3}, {"Handled": {1, 2, 3}})


# --- what goes wrong -------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    "odd", ["bl%C3%A5b%C3%A6r@127.0.0.1", "a%0D%0Ab@127.0.0.1", "secret@no\N{LATIN SMALL LETTER O WITH STROKE}body..x"]
)
def test_whatever_the_address_it_is_away_and_says_no_password(odd: str) -> None:
    with mailbox() as box:
        url = box.url.replace("secret@127.0.0.1", odd)
        with pytest.raises(Away) as away:
            Postbox(url).greet()

    assert not any(word in str(away.value) for word in ("secret", "\N{LATIN SMALL LETTER A WITH RING ABOVE}", "a\r"))


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "CAPABILITY", "UID SEARCH", "UID FETCH"])
@pytest.mark.parametrize("is_rude", [False, True], ids=["NO", "BAD"])
def test_whatever_is_refused_it_is_away(command: str, is_rude: bool) -> None:
    with mailbox(b"good") as box:
        box.refuses, box.is_rude = command, is_rude

        with pytest.raises(Away):
            Postbox(box.url).look(handled)
        assert box.seen == set()


def test_a_server_that_was_away_is_read_when_it_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    with mailbox(b"good") as box:
        told, box.password = threading.Event(), "another"
        monkeypatch.setattr(postbox, "LOOK_EVERY", 0.01)
        monkeypatch.setattr(log, "warning", lambda *_, **__: setattr(box, "password", "secret"))
        monkeypatch.setattr(log, "info", lambda *_, **__: told.set())

        watching = threading.Thread(target=postbox.watch, args=(Postbox(box.url), handled, told), daemon=True)
        watching.start()
        watching.join(10)

        assert (told.is_set(), watching.is_alive(), box.seen) == (True, False, {1})


def test_one_that_stays_away_is_complained_of_only_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    looks, told, complaints = iter(range(50)), threading.Event(), []

    class Nobody(Postbox):
        def look(self, handle: postbox.Handle) -> NoReturn:
            if next(looks) == 20:
                told.set()
            raise Away("nobody")

    monkeypatch.setattr(postbox, "LOOK_EVERY", 0.001)
    monkeypatch.setattr(log, "warning", lambda *_, **said: complaints.append(said))
    postbox.watch(Nobody("imap://127.0.0.1:1"), handled, told)

    assert complaints == [{"reason": "nobody"}]
