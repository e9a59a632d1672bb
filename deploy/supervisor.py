"""Starts children, starts again the ones that die, stops them all in the reverse order. For a single thread."""

import contextlib
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from deploy.children import Child, begin, kill_group, last_line

GRACE = 15.0  # seconds from being asked to stop until being killed
FIRST_WAIT, LONGEST_WAIT = 1.0, 30.0  # seconds before a dead child is started again, doubling
STEADY = 60.0  # seconds after which a child counts as healthy again
PAUSE = 0.05  # seconds between two looks


class NotStarted(Exception):
    """A child ended or gave no answer while the system was starting."""


class ChildEnded(Exception):
    """A child ended by itself, and is not to be started again."""


@dataclass
class _Run:
    child: Child
    log: Path
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    failures: int = 0
    again_at: float = 0.0

    def begin(self) -> None:
        self.process, self.began = begin(self.child, self.log), time.monotonic()

    @property
    def ended(self) -> bool:
        return self.process is not None and self.process.returncode is not None

    @property
    def runs(self) -> bool:
        return self.process is not None and self.process.returncode is None

    def next_wait(self) -> float:
        self.failures = 1 if time.monotonic() - self.began > STEADY else self.failures + 1
        return min(FIRST_WAIT * 2.0 ** (self.failures - 1), LONGEST_WAIT)

    def ending(self) -> str:
        code = self.process.returncode if self.process else 0
        return f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"


class Supervisor:
    """`logs` gets one file for each child; `say` gets one line for each thing that a person should know."""

    def __init__(self, logs: Path, say: Callable[[str], None], *, restart: bool = True, grace: float = GRACE) -> None:
        self._logs, self._say, self._restart, self._grace = logs, say, restart, grace
        self._groups: list[list[_Run]] = []

    def start(self, *children: Child) -> None:
        """Children that are started together are also stopped together."""
        group = [_Run(child, self._logs / f"{child.name}.log") for child in children]
        self._groups.append(group)
        for run in group:
            run.begin()

    def complete(self, child: Child, timeout: float) -> None:
        """Runs `child` to its end. Raises NotStarted unless it ends well and in time."""
        self.start(child)
        run = self._groups[-1][0]
        self._until(lambda: run.ended, child.name, timeout, watched=[r for r in self._runs if r is not run])
        self._groups.pop()
        if run.process and run.process.returncode:
            raise NotStarted(_why(run))

    def wait_until(self, ready: Callable[[], bool], name: str, timeout: float) -> None:
        """Raises NotStarted when a child ends first, or `ready` is not true in time."""
        self._until(ready, name, timeout, watched=self._runs)

    def tick(self) -> None:
        """To be called often: starts again what has died. Raises ChildEnded where that is not wanted."""
        self._bury()
        for run in self._runs:
            if run.ended:
                self._ended(run)
            elif run.process is None and time.monotonic() >= run.again_at:
                run.begin()

    def stop(self) -> None:
        """The last started are stopped first; who doesn't end in time is killed with everything it started."""
        while self._groups:
            self._stop(self._groups.pop())

    @property
    def _runs(self) -> list[_Run]:
        return [run for group in self._groups for run in group]

    def _until(self, ready: Callable[[], bool], name: str, timeout: float, watched: list[_Run]) -> None:
        deadline = time.monotonic() + timeout
        while not ready():
            self._bury()
            for run in watched:
                if run.ended:
                    raise NotStarted(_why(run))
            if time.monotonic() > deadline:
                raise NotStarted(f"{name} was not ready after {timeout:.0f} s; see {self._logs}.")
            time.sleep(PAUSE)

    def _bury(self) -> None:
        """Orphans of our children fall to this process too, so it looks before it takes."""
        ours = {run.process.pid: run.process for run in self._runs if run.process}
        with contextlib.suppress(ChildProcessError):
            while dead := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                if process := ours.get(dead.si_pid):
                    kill_group(process)  # what it left running would be in the way of its successor
                    process.wait()
                else:
                    os.waitpid(dead.si_pid, 0)

    def _ended(self, run: _Run) -> None:
        if not run.child.lasting and run.process and run.process.returncode == 0:
            run.process, run.again_at = None, float("inf")
            return
        if not self._restart:
            raise ChildEnded(_why(run))
        wait = run.next_wait()
        self._say(f"{run.child.name} {run.ending()}; starting it again in {wait:.0f} s (see {run.log}).")
        run.process, run.again_at = None, time.monotonic() + wait

    def _stop(self, group: list[_Run]) -> None:
        processes = [(run.child, run.process) for run in group if run.process and run.runs]
        for child, process in processes:
            process.send_signal(child.stop_signal)
        deadline = time.monotonic() + self._grace
        for _, process in processes:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, deadline - time.monotonic()))
        for _, process in processes:
            kill_group(process)
            process.wait()


def _why(run: _Run) -> str:
    said = last_line(run.log)
    return f"{run.child.name} {run.ending()}{': ' + said if said else ''} (see {run.log})."
