"""Free ports: for this process alone, and none that an outgoing connection can take first."""

import errno
import os
import socket
import subprocess
import sys
from itertools import cycle

import pytest

from deploy.servers import free_port, ports
from deploy.servers.ports import BLOCK, BLOCKS, LOOPBACK, LOWEST

PROCESSES, ASKED = 4, 30
ASK = f"from deploy.servers import free_port; print(*(free_port() for _ in range({ASKED}))); input()"


def test_processes_that_ask_at_once_are_never_given_the_same_port() -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", ASK], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        for _ in range(PROCESSES)
    ]
    given = [int(port) for process in started if process.stdout for port in process.stdout.readline().split()]
    for process in started:
        process.communicate("\n")

    assert len(set(given)) == PROCESSES * ASKED


def test_a_free_port_is_not_among_those_that_outgoing_connections_get() -> None:
    assert all(LOWEST < free_port() < LOWEST + BLOCK * BLOCKS <= 32_768 for _ in range(BLOCK))


def test_a_port_that_somebody_else_took_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    taken, free = free_port(), free_port()
    monkeypatch.setattr(ports, "_own_ports", lambda process: cycle([taken, free]))

    with socket.create_server((LOOPBACK, taken)):
        assert free_port() == free


def test_when_others_hold_every_block_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    free_port()  # the block that comes first for this process is taken now, by it or by another one
    monkeypatch.setattr(ports, "LOWEST", LOWEST + os.getpid() % BLOCKS * BLOCK)
    monkeypatch.setattr(ports, "BLOCKS", 1)

    with pytest.raises(OSError, match="all blocks of ports") as refused:
        ports._own_ports(-1)

    assert refused.value.errno == errno.EADDRINUSE
