"""A mail server that answers as it is told to."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Server:
    """`answers` replaces the answer to a command; END is the end of the mail. None hangs up, "" says nothing."""

    listener: socket.socket
    answers: dict[str, str | None] = field(default_factory=dict)
    mails: list[bytes] = field(default_factory=list)
    connections: int = 0
    said: list[str] = field(default_factory=list)
    envelopes: list[str] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    @property
    def port(self) -> int:
        return int(self.listener.getsockname()[1])

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.listener.accept()
                self.connections += 1
                self._open.append(line)
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def hang_up(self) -> None:
        for line in self._open:
            with suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)
            line.close()
        self._open.clear()

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError, ValueError), line, line.makefile("rb") as heard:
            if self._say(line, "CONNECT", "220 hello"):
                while (command := heard.readline()) and self._answer(line, command.decode().strip(), heard):
                    pass

    def _answer(self, line: socket.socket, command: str, heard: Iterator[bytes]) -> bool:
        word = command.split(" ", maxsplit=1)[0].upper()
        self.said.append(word)
        self.envelopes += [command] if word in ("MAIL", "RCPT") else []
        if word != "DATA":
            return self._say(line, word, "250 OK")
        if not self._say(line, "DATA", "354 go on"):
            return False
        if self.answers.get("DATA", "354").startswith("354"):  # type: ignore[union-attr]
            lines: list[bytes] = []
            for each in heard:
                if each == b".\r\n":
                    break
                lines.append(each.removeprefix(b"."))
            self.mails.append(b"".join(lines))
            return self._say(line, "END", "250 taken")
        return True

    def _say(self, line: socket.socket, word: str, usual: str) -> bool:
        answer = self.answers.get(word, usual)
        if answer is None:
            return False
        if answer:
            line.sendall(f"{answer}\r\n".encode())
        return True


@contextmanager
def running() -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        server.hang_up()
        thread.join(5)
