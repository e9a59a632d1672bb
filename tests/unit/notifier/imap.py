"""A mailbox that speaks as much IMAP as its reader needs."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """`mails` by number; `seen` are the numbers of those that were marked. `password` is what it takes.

    `folders` are the numbers of those that were moved, if it `moves` mails and `creates` folders; `words` are
    their other flags. What `refuses` begins with is answered NO, or BAD where `is_rude`.
    """

    listener: socket.socket
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    folders: dict[str, set[int]] = field(default_factory=dict)
    words: dict[int, str] = field(default_factory=dict)
    password: str = "secret"
    moves: bool = True
    creates: bool = True
    refuses: str = "nothing"
    is_rude: bool = False
    fetched: list[int] = field(default_factory=list)
    is_deaf: bool = False  # hangs up when a mail is to be marked

    @property
    def url(self) -> str:
        return f"imap://rykker:secret@127.0.0.1:{self.listener.getsockname()[1]}/INBOX"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with line, line.makefile("rwb") as talk, suppress(OSError, ValueError):
            talk.write(b"* OK here\r\n")
            talk.flush()
            for said in talk:
                tag, _, command = said.decode().strip().partition(" ")
                if self.is_deaf and "STORE" in command:
                    return
                refused = self._is_refused(command)
                for answer in () if refused else self._answers(command):
                    talk.write(answer)
                refusal = (
                    f"{'BAD' if self.is_rude else 'NO'} not this: {command}"  # a tactless one: it may be a password
                )
                talk.write(f"{tag} {refusal if refused else 'OK done'}\r\n".encode())
                talk.flush()

    def _is_refused(self, command: str) -> bool:
        if found := re.match(r"UID MOVE \d+ (\w+)", command):
            return found.group(1) not in self.folders
        if found := re.match(r"CREATE (\w+)", command):
            return not self.creates or found.group(1) in self.folders
        return command.startswith(self.refuses) or (command.startswith("LOGIN") and self.password not in command)

    def _answers(self, command: str) -> Iterator[bytes]:
        if command.startswith("CAPABILITY"):
            yield f"* CAPABILITY IMAP4rev1{' MOVE' if self.moves else ''}\r\n".encode()
        elif command.startswith("SELECT"):
            yield f"* {len(self.mails)} EXISTS\r\n".encode()
        elif "SEARCH" in command:
            yield f"* SEARCH {' '.join(map(str, sorted(self.mails.keys() - self.seen)))}\r\n".encode()
        elif found := re.match(r"UID FETCH (\d+)", command):
            yield from self._fetch(int(found.group(1)))
        elif found := re.match(r"UID STORE (\d+) \+FLAGS.SILENT \((\S+)\)", command):
            self._mark(int(found.group(1)), found.group(2))
        elif found := re.match(r"UID MOVE (\d+) (\w+)", command):
            self.folders[found.group(2)].add(int(found.group(1)))
        elif found := re.match(r"CREATE (\w+)", command):
            self.folders[found.group(1)] = set()
        elif command.startswith("LOGOUT"):
            yield b"* BYE\r\n"

    def _fetch(self, number: int) -> Iterator[bytes]:
        self.fetched.append(number)
        if not any(number in moved for moved in self.folders.values()):
            mail = self.mails[number]
            yield f"* 1 FETCH (UID {number} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"

    def _mark(self, number: int, flag: str) -> None:
        if flag == r"\Seen":
            self.seen.add(number)
        else:
            self.words[number] = flag


@contextmanager
def mailbox(*mails: bytes) -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        box = Mailbox(listener, dict(enumerate(mails, 1)))
        threading.Thread(target=box.serve, daemon=True).start()
        yield box
        listener.shutdown(socket.SHUT_RDWR)
