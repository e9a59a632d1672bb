"""What our processes talk to: the ERP and the mail server of a measurement."""

import os
import shutil
import socket
from contextlib import suppress

from tests.bench.crew import Crew, until
from tests.bench.place import Room

BACKLOG = "100"  # connections that may wait


def start_erp(crew: Crew, room: Room) -> None:
    crew.module("erp", "tests.bench.erp", room.erp)
    until(lambda: is_listening(room.erp), "the ERP listening", 20)


def start_sink(crew: Crew, room: Room) -> None:
    """Postfix's smtp-sink takes every mail and counts them."""
    program = shutil.which("smtp-sink", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        raise FileNotFoundError("smtp-sink is missing: `make bench` installs it (Debian's package postfix)")
    crew.start("smtp-sink", program, *(("-u", "nobody") if os.geteuid() == 0 else ()), "-c", room.smtp, BACKLOG)
    until(lambda: is_listening(room.smtp), "smtp-sink listening", 10)


def is_listening(bind: str) -> bool:
    host, port = bind.split(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False
