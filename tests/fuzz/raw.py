"""A server that says any bytes at all, and never knows better."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Says = Callable[[socket.socket], None]


@dataclass
class Server:
    """Reads a request, then lets `says` have the connection; `heard` is what came in."""

    listener: socket.socket
    says: Says = lambda line: None
    tls: ssl.SSLContext | None = None
    talks_first: bool = False
    heard: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.listener.getsockname()[1]}"

    def serve(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self.listener.accept()
                threading.Thread(target=self._talk, args=(line,), daemon=True).start()

    def _talk(self, line: socket.socket) -> None:
        with suppress(OSError), line:
            line.settimeout(20)
            with self.tls.wrap_socket(line, server_side=True) if self.tls else line as talking:
                if self.talks_first:
                    self.says(talking)
                while request := self._request(talking):
                    self.heard.append(request)
                    self.says(talking)

    def _request(self, line: socket.socket) -> bytes:
        found = b""
        while b"\r\n\r\n" not in found:
            piece = line.recv(65536)
            if not piece:
                return b""
            found += piece
        return found


@contextmanager
def running(tls: ssl.SSLContext | None = None) -> Iterator[Server]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = Server(listener, tls=tls)
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(5)


def bytes_then_end(answer: bytes) -> Says:
    def says(line: socket.socket) -> None:
        line.sendall(answer)
        line.shutdown(socket.SHUT_RDWR)

    return says


def for_ever(start: bytes, again: bytes, pause: float = 0.0) -> Says:
    """Until the other side has had enough."""

    def says(line: socket.socket) -> None:
        line.sendall(start)
        stop = threading.Event()
        while not stop.wait(pause):
            line.sendall(again)

    return says


def http(body: bytes, *headers: bytes, status: bytes = b"200 OK") -> bytes:
    head = [b"HTTP/1.1 " + status, b"Content-Length: %d" % len(body), *headers]
    return b"\r\n".join(head) + b"\r\n\r\n" + body
