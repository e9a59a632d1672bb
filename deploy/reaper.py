"""Two levels of processes, so that nothing outlives the launcher, whichever of the two is killed.

The outer one waits, the inner one works. Outer killed: the kernel sends TERM to the inner one, which stops its children
in order. Inner killed: the kernel kills the children, and the outer one, to whom orphans fall, ends the rest.
"""

import contextlib
import ctypes
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36
PATIENCE = 5.0  # seconds until a killed process must be gone
ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

_libc = ctypes.CDLL(None)


class Stop(BaseException):
    """Someone asked this process to end."""


def guarded(work: Callable[[], int], *, with_parent: bool = False) -> int:
    """Runs `work` in a process of its own, hands on its exit code, and leaves no descendant behind.

    In it Stop is raised at Ctrl-C (a second one kills it), TERM or hang-up, and when the outer process dies;
    with `with_parent` also when the parent of the outer one dies.
    """
    outer, parent = os.getpid(), os.getppid()
    adopt_orphans()
    if with_parent:
        end_with(parent, signal.SIGTERM)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDINGS)  # until both know what to do with them
    if (inner := os.fork()) == 0:
        code = 1
        try:
            code = _inner(work, outer)
        finally:
            os._exit(code)
    _pass_on(inner)
    status = os.waitstatus_to_exitcode(os.waitpid(inner, 0)[1])
    sweep()
    return status if status >= 0 else 1


def adopt_orphans() -> None:
    """From now on orphaned descendants fall to this process, not to init."""
    _libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def end_with(parent: int, sig: signal.Signals) -> None:
    """From now on this process gets `sig` when `parent` dies, or now if it has."""
    _libc.prctl(PR_SET_PDEATHSIG, int(sig), 0, 0, 0)
    if os.getppid() != parent:
        os.kill(os.getpid(), sig)


def sweep() -> None:
    """Kills every descendant of this process and buries it."""
    deadline = time.monotonic() + PATIENCE
    while (left := descendants(os.getpid())) and time.monotonic() < deadline:
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        bury()
        time.sleep(0.01)


def bury() -> None:
    """Takes note of every child that has ended."""
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def descendants(ancestor: int) -> list[int]:
    """Process ids of the children of `ancestor`, their children, and so on; those that only wait for burial too."""
    parents = dict(_parents())
    found: list[int] = []
    level = {ancestor}
    while level := {pid for pid, parent in parents.items() if parent in level}:
        found += level
    return found


def _parents() -> Iterator[tuple[int, int]]:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            with contextlib.suppress(OSError):
                # the name in parentheses may itself hold spaces and parentheses
                yield (
                    int(folder.name),
                    int((folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[1]),
                )


def _inner(work: Callable[[], int], outer: int) -> int:
    try:
        os.setsid()  # Ctrl-C reaches the outer process alone
        adopt_orphans()
        _on_endings(_stop)
        end_with(outer, signal.SIGTERM)
        return work()
    except Stop:
        return 0
    except Exception:  # noqa: BLE001 - the last stop of this process
        traceback.print_exc()
        return 1
    finally:
        sweep()
        sys.stdout.flush()


def be_deaf() -> None:
    """From now on nobody can interrupt this process: it is ending as it should."""
    for sig in ENDINGS:
        signal.signal(sig, signal.SIG_IGN)


def _stop(signum: int, _frame: object) -> None:
    be_deaf()
    raise Stop(signum)


def _on_endings(act: Callable[[int, object], None]) -> None:
    for sig in ENDINGS:
        if sig != signal.SIGHUP or signal.getsignal(sig) is not signal.SIG_IGN:  # nohup means it
            signal.signal(sig, act)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDINGS)


def _pass_on(inner: int) -> None:
    asked: list[int] = []

    def pass_on(signum: int, _frame: object) -> None:
        asked.append(signum)
        impatient = asked.count(signal.SIGINT) > 1  # a terminal that closes may well send two other signals
        with contextlib.suppress(ProcessLookupError):
            os.kill(inner, signal.SIGKILL if impatient else signal.SIGTERM)

    _on_endings(pass_on)
