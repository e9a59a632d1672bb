"""What our processes talk to: the ERP and the mail server of a measurement."""

import os
import re
import shutil
import socket
from contextlib import suppress

from tests.bench.crew import Crew, until
from tests.bench.place import Room

SINK = PROGRAM = "smtp-sink"  # of Postfix
BACKLOG = "100"  # connections that may wait


def start_erp(crew: Crew, room: Room) -> None:
    crew.module("erp", "tests.bench.erp", room.erp)
    until(lambda: is_listening(room.erp), "the ERP listening", 20)


def start_sink(crew: Crew, room: Room) -> None:
    """Takes every mail and counts them: Postfix's smtp-sink, or a slower one of ours where that is not installed."""
    program = shutil.which(PROGRAM, path=f"{os.environ['PATH']}:/usr/sbin")
    if program:
        crew.start(SINK, program, *(("-u", "nobody") if os.geteuid() == 0 else ()), "-c", room.smtp, BACKLOG)
    else:
        crew.module(SINK, "tests.bench.sink", room.smtp)
    until(lambda: is_listening(room.smtp), f"{SINK} listening", 20)


def counted(crew: Crew) -> int:
    """Mails that were accepted."""
    return int(re.findall(r"mesg=(\d+)", crew.log(SINK).read_text())[-1])


def is_listening(bind: str) -> bool:
    host, port = bind.split(":")
    with suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
        return True
    return False
