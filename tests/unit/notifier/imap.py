"""A mailbox that speaks as much IMAP as its reader needs."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Mailbox:
    """`mails` by number; `seen` are the numbers of those that were marked. `password` is what it takes."""

    listener: socket.socket
    mails: dict[int, bytes] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)
    password: str = "secret"
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
                for answer in self._answers(command):
                    talk.write(answer)
                talk.write(f"{tag} {'NO' if self._is_refused(command) else 'OK'} done\r\n".encode())
                talk.flush()

    def _is_refused(self, command: str) -> bool:
        return command.startswith("LOGIN") and self.password not in command

    def _answers(self, command: str) -> Iterator[bytes]:
        if command.startswith("CAPABILITY"):
            yield b"* CAPABILITY IMAP4rev1\r\n"
        elif command.startswith("SELECT"):
            yield f"* {len(self.mails)} EXISTS\r\n".encode()
        elif "SEARCH" in command:
            yield f"* SEARCH {' '.join(str(n) for n in sorted(self.mails.keys() - self.seen))}\r\n".encode()
        elif found := re.match(r"UID FETCH (\d+)", command):
            mail = self.mails[int(found.group(1))]
            yield f"* 1 FETCH (UID {found.group(1)} BODY[]<0> {{{len(mail)}}}\r\n".encode() + mail + b")\r\n"
        elif found := re.match(r"UID STORE (\d+)", command):
            self.seen.add(int(found.group(1)))
        elif command.startswith("LOGOUT"):
            yield b"* BYE\r\n"


@contextmanager
def mailbox(*mails: bytes) -> Iterator[Mailbox]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        box = Mailbox(listener, dict(enumerate(mails, 1)))
        threading.Thread(target=box.serve, daemon=True).start()
        yield box
        listener.shutdown(socket.SHUT_RDWR)
