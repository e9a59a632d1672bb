"""Servers that can be started, stopped, killed and started again: the ones that tests use, wherever they come from."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol, Self

from deploy.children import Child, begin, kill_group, last_line
from deploy.reaper import descendants

START_TIMEOUT = 60.0  # seconds
STOP_TIMEOUT = 30.0  # seconds
GONE_WITHIN = 2.0  # seconds; who waits for burial longer holds nothing any more


class NotOurs(Exception):
    """A server that was given by its URL can be neither stopped nor started."""


class NotReady(Exception):
    """A server ended, or gave no answer, while it was starting."""


class Server(Protocol):
    """What every source of a server offers; data outlives `stop` and `kill`, until the end of the `with`."""

    @property
    def url(self) -> str: ...
    @property
    def ours(self) -> bool: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *error: object) -> None: ...


class Program(Protocol):
    """A server installed on this machine; the last of its children is the server itself."""

    @property
    def folder(self) -> Path: ...
    @property
    def url(self) -> str: ...
    def children(self) -> tuple[Child, ...]: ...
    def answers(self) -> bool: ...


class Given:
    """A server that somebody else runs."""

    ours = False

    def __init__(self, url: str) -> None:
        self.url = url

    def start(self) -> None:
        raise NotOurs(NotOurs.__doc__)

    stop = kill = start

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        """It stays as it was."""


class Private:
    """A program started by this process, and tied to the thread that started it."""

    ours = True

    def __init__(self, program: Program, *, keep: bool = True) -> None:
        """`keep` says whether the folder stays after the `with`."""
        self.program, self._keep = program, keep
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def url(self) -> str:
        return self.program.url

    @property
    def pid(self) -> int:
        return list(self._processes.values())[-1].pid

    def start(self) -> None:
        """Starts what doesn't run, and waits until it answers. Raises NotReady."""
        for child in self.program.children():
            if not self._runs(child.name):
                self._processes.pop(child.name, None)
                self._processes[child.name] = begin(child, self._log(child.name))
        deadline = time.monotonic() + START_TIMEOUT
        while not self.program.answers():
            self._check(deadline)
            time.sleep(0.05)

    def stop(self) -> None:
        """As an operator would."""
        for child in reversed(self.program.children()):
            if process := self._processes.pop(child.name, None):
                process.send_signal(child.stop_signal)
                try:
                    process.wait(STOP_TIMEOUT)
                finally:
                    kill_group(process)
                    process.wait()

    def kill(self) -> None:
        """As a power cut would end the server: PostgreSQL's own children, too, which have groups of their own."""
        server = list(self._processes.values())[-1]
        below = descendants(server.pid)
        kill_group(server)
        for pid in below:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        server.wait()
        deadline = time.monotonic() + GONE_WITHIN
        while time.monotonic() < deadline and any(Path(f"/proc/{pid}").exists() for pid in below):
            time.sleep(0.01)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()
        if not self._keep:
            shutil.rmtree(self.program.folder, ignore_errors=True)

    def _runs(self, name: str) -> bool:
        return name in self._processes and self._processes[name].poll() is None

    def _log(self, name: str) -> Path:
        return self.program.folder / f"{name}.log"

    def _check(self, deadline: float) -> None:
        for name in self._processes:
            if not self._runs(name):
                raise NotReady(f"{name} ended while it was starting: {last_line(self._log(name))}")
        if time.monotonic() > deadline:
            raise NotReady(f"{self.program.folder.name} gave no answer for {START_TIMEOUT:.0f} s")
