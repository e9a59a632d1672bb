"""The line to PostgreSQL, which breaks at a commit: the server has it, and whoever asked never hears."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from deploy.servers.ports import LOOPBACK

CHUNK = 65_536  # bytes


class CommitLine:
    """Passes everything on, until `break_at` COMMITs have been sent from now on: their answer is lost, and the line."""

    def __init__(self, port: int) -> None:
        self._server_port, self._left = port, 0
        self._lock = threading.Lock()
        self._door = socket.create_server((LOOPBACK, 0))
        self.port = int(self._door.getsockname()[1])
        self.broken = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def break_at(self, commits: int) -> None:
        self.broken.clear()
        self._left = commits

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                asks, _ = self._door.accept()
                answers = socket.create_connection((LOOPBACK, self._server_port))
                silent = threading.Event()
                threading.Thread(target=self._ask, args=(asks, answers, silent), daemon=True).start()
                threading.Thread(target=self._answer, args=(answers, asks, silent), daemon=True).start()

    def _ask(self, source: socket.socket, sink: socket.socket, silent: threading.Event) -> None:
        with suppress(OSError):
            while part := source.recv(CHUNK):
                if b"COMMIT" in part and self._is_last():
                    silent.set()
                sink.sendall(part)
        _hang_up(source, sink)

    def _answer(self, source: socket.socket, sink: socket.socket, silent: threading.Event) -> None:
        with suppress(OSError):
            while part := source.recv(CHUNK):
                if silent.is_set():  # the server answers once it has committed
                    self.broken.set()
                    break
                sink.sendall(part)
        _hang_up(source, sink)

    def _is_last(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


@contextmanager
def commit_line(database_url: str) -> Iterator[CommitLine]:
    line = CommitLine(urlsplit(database_url).port or 5432)
    try:
        yield line
    finally:
        line.close()


def _hang_up(*ends: socket.socket) -> None:
    for end in ends:
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()
