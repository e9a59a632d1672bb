"""The mailbox that bounces come back to, over IMAP: the only importer of imaplib. A thread beside the worker.

A mail is marked as seen when what it says is in the database, or when it says nothing; till then it comes again.
Then it goes to the folder Handled or Unread, if the server moves mails; else the same word is its flag, if the server
keeps such. Any number of notifiers may look at one mailbox: a letter bounces once.
"""

import imaplib
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from common.logs import log

LOOK_EVERY = 60.0  # seconds
COMPLAIN_EVERY = 30.0  # seconds, while the server is away
PATIENCE = 30.0  # seconds for an answer
AT_ONCE = 100  # mails a look
LARGEST = 1_000_001  # bytes of a mail that are fetched: one more than are read
HANDLED, UNREAD = "Handled", "Unread"  # folders: of letters that bounced, and of mails that only a person can read
Handle = Callable[[bytes], str | None]  # the folder of a mail that is done with; None for one that is to come again


class Away(Exception):
    """The IMAP server can't be asked now."""


class Postbox:
    """The folder of an address like imaps://user:password@host:993/INBOX."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        self._folder = unquote(self._parts.path.strip("/")) or "INBOX"
        self._left: set[str] = set()  # mails that were tried: what comes again stands behind the others

    def look(self, handle: Handle) -> int:
        """Gives each unseen mail to `handle`; returns how many were done with. Raises Away."""
        done = 0
        with self._opened() as imap:
            moves = b"MOVE" in _expect(imap.capability())[-1].upper().split()
            for uid in self._unseen(imap):
                self._left.add(uid)  # before: one that ends the look must not stop the others the next time, too
                if (content := self._mail(imap, uid)) is None:
                    continue  # another notifier has just moved it
                if folder := handle(content):
                    _file(imap, uid, folder, moves)
                    done += 1
        return done

    def greet(self) -> None:
        """Logs in and opens the folder. Raises Away."""
        with self._opened():
            pass

    @contextmanager
    def _opened(self) -> Iterator[imaplib.IMAP4]:
        imap: imaplib.IMAP4 | None = None
        try:
            imap = self._connected()
            imap.login(unquote(self._parts.username or ""), unquote(self._parts.password or ""))
            _expect(imap.select(f'"{self._folder}"'))
            yield imap
        except Exception as error:  # noqa: BLE001 - imaplib takes no answer apart carefully; and a thread must not end
            raise Away(f"{Away.__doc__} {type(error).__name__}") from None  # whose words may repeat a password
        finally:
            if imap is not None:
                _hang_up(imap)

    def _connected(self) -> imaplib.IMAP4:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "imap":
            return imaplib.IMAP4(host, port or 143, timeout=PATIENCE)
        return imaplib.IMAP4_SSL(host, port or 993, ssl_context=ssl.create_default_context(), timeout=PATIENCE)

    def _unseen(self, imap: imaplib.IMAP4) -> list[str]:
        (found,) = _expect(imap.uid("SEARCH", "UNSEEN"))[:1] or (b"",)
        unseen = (found or b"").decode("ascii", "replace").split()
        self._left.intersection_update(unseen)
        return sorted(unseen, key=self._left.__contains__)[:AT_ONCE]

    def _mail(self, imap: imaplib.IMAP4, uid: str) -> bytes | None:
        parts = _expect(imap.uid("FETCH", uid, f"(BODY.PEEK[]<0.{LARGEST}>)"))
        return next((part[1] for part in parts if isinstance(part, tuple) and isinstance(part[1], bytes)), None)


def _file(imap: imaplib.IMAP4, uid: str, folder: str, moves: bool) -> None:
    """Only the mark as seen must succeed."""
    _expect(imap.uid("STORE", uid, "+FLAGS.SILENT", r"(\Seen)"))
    if not moves or not _is_moved(imap, uid, folder):
        _is_taken(imap.uid, "STORE", uid, "+FLAGS.SILENT", f"({folder})")


def _is_moved(imap: imaplib.IMAP4, uid: str, folder: str) -> bool:
    """RFC 6851; the first mail makes the folder."""
    if _is_taken(imap.uid, "MOVE", uid, folder):
        return True
    return _is_taken(imap.create, folder) and _is_taken(imap.uid, "MOVE", uid, folder)


def _is_taken(command: Callable[..., tuple[str, list[Any]]], *words: str) -> bool:
    with suppress(imaplib.IMAP4.error):
        return command(*words)[0] == "OK"
    return False


def _hang_up(imap: imaplib.IMAP4) -> None:
    try:
        imap.logout()
    except (OSError, imaplib.IMAP4.error):
        with suppress(OSError):
            imap.shutdown()


def _expect(answer: tuple[str, list[Any]]) -> list[Any]:
    if answer[0] != "OK":
        raise imaplib.IMAP4.error(answer[0])
    return answer[1]


def watch(postbox: Postbox, handle: Handle, told: threading.Event) -> None:
    """Until told to stop."""
    complained = -COMPLAIN_EVERY
    while not told.wait(LOOK_EVERY):
        try:
            if done := postbox.look(handle):
                log.info("bounces read", mails=done)
        except Away as away:
            if time.monotonic() - complained > COMPLAIN_EVERY:
                log.warning("the mailbox for bounces is away", reason=str(away))
                complained = time.monotonic()
