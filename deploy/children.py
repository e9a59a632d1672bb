"""A process to be started: what to run, as whom, and how to end it."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from deploy import tied

LOG_LIMIT = 10_000_000  # bytes; a longer log is begun anew at the next start


@dataclass(frozen=True)
class Child:
    """`env` is the whole environment; None passes ours on."""

    name: str
    argv: tuple[str, ...]
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    user: str | None = None  # whom to become; needs root
    stop_signal: signal.Signals = signal.SIGTERM
    lasting: bool = True  # False: exit code 0 means that its work is done


def begin(child: Child, log: Path) -> subprocess.Popen[bytes]:
    """Starts `child` in a session of its own, so that Ctrl-C doesn't reach it, and tied to the life of this thread."""
    _make_room(log)
    with log.open("ab") as out:
        return subprocess.Popen(
            (sys.executable, "-I", "-S", tied.__file__, str(os.getpid()), child.user or "-", *child.argv),
            env=child.env,
            cwd=child.cwd,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Ends the process and what it started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def last_line(log: Path) -> str:
    """The last line of a log that says something, or nothing."""
    if not log.exists():
        return ""
    lines = log.read_bytes()[-4096:].decode("utf-8", "replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _make_room(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > LOG_LIMIT:
        log.write_bytes(b"")
