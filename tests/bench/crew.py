"""Processes that are measured: started, watched for their CPU time, and ended by their ids."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from deploy.children import Child, begin, kill_group, last_line
from deploy.reaper import descendants

GRACE = 20.0  # seconds that a process gets to end
READY = 60.0  # seconds that a process gets to begin
_TICK = os.sysconf("SC_CLK_TCK")


class Stuck(Exception):
    """Something that was waited for did not happen."""


def until(look: Callable[[], bool], what: str, timeout: float, pause: float = 0.05) -> None:
    """Raises Stuck."""
    end = time.monotonic() + timeout
    while not look():
        if time.monotonic() > end:
            raise Stuck(f"{what}: not within {timeout:.0f} s")
        time.sleep(pause)


def cpu_seconds(pid: int) -> float:
    """User and system time of a process, of those below it, and of those that it has buried."""
    return sum(_cpu(each) for each in (pid, *descendants(pid)))


def _cpu(pid: int) -> float:
    with suppress(FileNotFoundError, ProcessLookupError):
        columns = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in columns[11:15]) / _TICK
    return 0.0


def peak_bytes(pid: int) -> int:
    """The most memory that a process has held at once (RSS)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:"))


class Crew:
    """Processes by name; `with` ends them all, whatever happens."""

    def __init__(self, folder: Path, env: Mapping[str, str]) -> None:
        self.folder, self.env = folder, dict(env)
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, *argv: str) -> subprocess.Popen[bytes]:
        child = Child(name, argv, self.env)
        self.running[name] = process = begin(child, self.log(name))
        return process

    def module(self, name: str, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        return self.start(name, sys.executable, "-m", module, *arguments)

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def wait_ready(self, *names: str) -> None:
        """Until each has said that it is ready. Raises Stuck, with the last line of one that ended instead."""
        for name in names:
            until(lambda name=name: self._is_ready(name), f"{name} being ready", READY)  # type: ignore[misc]

    def _is_ready(self, name: str) -> bool:
        if self.running[name].poll() is not None:
            raise Stuck(f"{name} ended: {last_line(self.log(name))}")
        return '"event":"ready"' in self.log(name).read_text(errors="replace")

    def cpu(self) -> dict[str, float]:
        return {name: cpu_seconds(process.pid) for name, process in self.running.items()}

    def peak(self) -> dict[str, int]:
        return {name: peak_bytes(process.pid) for name, process in self.running.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for process in self.running.values():
            with suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
            kill_group(process)
            process.wait()
