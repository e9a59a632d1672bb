"""Which ports are free on loopback, and stay so until they are used."""

import errno
import os
import socket
from collections.abc import Iterator
from functools import cache
from itertools import cycle

LOOPBACK = "127.0.0.1"
# Below the ports that systems give to outgoing connections (Linux from 32768, others from 49152): one of those would
# take a free port before its server listens.
LOWEST, BLOCK, BLOCKS = 16_000, 200, 80


def free_port() -> int:
    """A port that nobody listens on and no other process is given, nor this one again soon. Raises OSError: none."""
    ports = _own_ports(os.getpid())
    for _ in range(BLOCK):
        if is_free(port := next(ports)):
            return port
    raise OSError(errno.EADDRINUSE, f"all {BLOCK} ports of this process are taken")


def is_free(port: int, host: str = LOOPBACK) -> bool:
    """Raises OSError if `host` is no address of this machine, or the port is for root alone."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are closing don't count
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
        return True


@cache
def _own_ports(process: int) -> Iterator[int]:
    """A block for each process: to listen on its first port keeps others away until the process ends."""
    for n in range(BLOCKS):
        first = LOWEST + (process + n) % BLOCKS * BLOCK
        try:
            socket.create_server((LOOPBACK, first)).detach()
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
        else:
            return cycle(range(first + 1, first + BLOCK))
    raise OSError(errno.EADDRINUSE, f"all blocks of ports from {LOWEST} on are taken")
