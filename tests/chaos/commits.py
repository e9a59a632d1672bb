"""The line to PostgreSQL, which breaks at a commit: the server has committed, and whoever asked never hears."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from deploy.servers.ports import LOOPBACK

CHUNK = 65_536  # bytes
COMMITTED = b"C\x00\x00\x00\x0bCOMMIT\x00"  # CommandComplete, as the server says it


class CommitLine:
    """Passes everything on, but not the Nth "committed" of the server: there the line breaks."""

    def __init__(self, port: int) -> None:
        self._server_port, self._left = port, 0
        self._lock = threading.Lock()
        self._door = socket.create_server((LOOPBACK, 0))
        self.port = int(self._door.getsockname()[1])
        self.broken = threading.Event()
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._door.close()

    def break_at(self, nth: int) -> None:
        """Counted from now on."""
        with self._lock:
            self._left = nth

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._door.accept()
                server = socket.create_connection((LOOPBACK, self._server_port))
                for pump in (self._ask, self._answer):
                    threading.Thread(target=pump, args=(client, server), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while part := client.recv(CHUNK):
                server.sendall(part)
        _hang_up(client, server)

    def _answer(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while part := server.recv(CHUNK):
                if COMMITTED in part and self._is_last():
                    self.broken.set()
                    break
                client.sendall(part)
        _hang_up(client, server)

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
