"""The launcher's two levels with real processes: whatever is killed, nothing of it lives on."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import pytest

pytestmark = pytest.mark.fast

POLITE = "exec sleep 1000"
STUBBORN = "trap '' TERM; while :; do sleep 1; done"
WITH_DAEMON = "setsid sleep 1000 & setsid sh -c \"trap '' TERM HUP INT; while :; do sleep 1; done\" & exec sleep 1000"
LAUNCHER = """
import os, sys, time
from pathlib import Path
from deploy import reaper
from deploy.children import Child
from deploy.supervisor import ChildEnded, Supervisor

def say(line): print(line, flush=True)

def work():
    restart, grace = os.environ["RESTART"] == "1", float(os.environ["GRACE"])
    supervisor = Supervisor(Path(os.environ["LOGS"]), say, restart=restart, grace=grace)
    try:
        for number, script in enumerate(sys.argv[1:]):
            supervisor.start(Child(f"child{number}", ("sh", "-c", script), lasting=script != "exit 0"))
        say(f"up {os.getpid()}")
        while True:
            supervisor.tick()
            time.sleep(0.01)
    except ChildEnded as error:
        say(error)
        return 1
    finally:
        reaper.be_deaf()
        supervisor.stop()

sys.exit(reaper.guarded(work, with_parent=True))
"""


def until(true: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.02)


class Launcher:
    """A launcher and everything that descends from it, known by a mark in the environment."""

    def __init__(self, logs: Path, *scripts: str, restart: bool = True, grace: float = 1) -> None:
        self.mark, self.logs = f"MARK={uuid4()}", logs
        ours = {"LOGS": str(logs), "RESTART": str(int(restart)), "GRACE": str(grace)}
        env = os.environ | ours | dict([self.mark.split("=")])
        self.outer = subprocess.Popen(
            [sys.executable, "-c", LAUNCHER, *scripts], env=env, stdout=subprocess.PIPE, text=True
        )
        self.inner = int(self.line().split()[1])

    def line(self) -> str:
        assert self.outer.stdout
        return self.outer.stdout.readline().strip()

    def alive(self) -> list[int]:
        return [int(process.name) for process in Path("/proc").glob("[0-9]*") if self._is_marked(process)]

    def started(self, count: int) -> None:
        """Outer, inner and `count` more are there."""
        until(lambda: len(self.alive()) >= 2 + count)

    def _is_marked(self, process: Path) -> bool:
        try:
            return self.mark.encode() in (process / "environ").read_bytes()
        except OSError:
            return False

    def clean_up(self) -> None:
        for pid in self.alive():
            with suppress(ProcessLookupError):  # the outer one may be ending the rest itself
                os.kill(pid, signal.SIGKILL)
        self.outer.wait()
        assert self.outer.stdout
        self.outer.stdout.close()


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Callable[..., Launcher]]:
    made: list[Launcher] = []

    def launch(*scripts: str, restart: bool = True, grace: float = 1) -> Launcher:
        made.append(Launcher(tmp_path, *scripts, restart=restart, grace=grace))
        return made[-1]

    yield launch
    for launcher in made:
        launcher.clean_up()


@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_all_that_was_started_and_nothing_else(
    launch: Callable[..., Launcher], sig: signal.Signals
) -> None:
    launcher, bystander = launch(POLITE, WITH_DAEMON), launch(POLITE)
    launcher.started(4)
    bystander.started(1)

    launcher.outer.send_signal(sig)

    assert launcher.outer.wait(10) == 0
    assert launcher.alive() == []
    assert len(bystander.alive()) == 3


def test_kill_9_of_the_outer_process_leaves_nothing_behind(launch: Callable[..., Launcher]) -> None:
    launcher = launch(POLITE, WITH_DAEMON, STUBBORN)
    launcher.started(6)

    launcher.outer.kill()

    until(lambda: not launcher.alive())


def test_kill_9_of_the_inner_process_leaves_nothing_behind(launch: Callable[..., Launcher]) -> None:
    launcher = launch(POLITE, WITH_DAEMON, STUBBORN)
    launcher.started(6)

    os.kill(launcher.inner, signal.SIGKILL)

    assert launcher.outer.wait(10) == 1
    assert launcher.alive() == []


def test_kill_9_of_make_leaves_nothing_behind(launch: Callable[..., Launcher], tmp_path: Path) -> None:
    script = f"{sys.executable} -c '{LAUNCHER}' 'sleep 1000' & wait"
    mark = f"MARK={uuid4()}"
    env = os.environ | {"LOGS": str(tmp_path), "RESTART": "1", "GRACE": "1"} | dict([mark.split("=")])
    made = subprocess.Popen(["sh", "-c", script], env=env, stdout=subprocess.PIPE, text=True)
    assert made.stdout
    assert made.stdout.readline().startswith("up")

    made.kill()

    made.stdout.read()  # until the last process that holds the other end is gone
    made.wait()
    made.stdout.close()


def test_a_child_that_ignores_term_is_killed_after_its_time_of_grace(launch: Callable[..., Launcher]) -> None:
    launcher = launch(STUBBORN)
    launcher.started(2)
    began = time.monotonic()

    launcher.outer.terminate()

    assert launcher.outer.wait(10) == 0
    assert time.monotonic() - began >= 1
    assert launcher.alive() == []


def test_a_terminal_that_closes_sends_several_signals_and_the_stop_is_still_orderly(
    launch: Callable[..., Launcher],
) -> None:
    launcher = launch("trap 'sleep 0.5; echo in peace; exit' TERM; while :; do sleep 0.1; done")
    launcher.started(1)
    until((launcher.logs / "child0.log").exists)
    time.sleep(0.2)  # until the shell has set its trap

    launcher.outer.terminate()
    launcher.outer.send_signal(signal.SIGHUP)

    assert launcher.outer.wait(10) == 0
    assert (launcher.logs / "child0.log").read_text() == "in peace\n"


def test_a_second_ctrl_c_does_not_wait_for_the_time_of_grace(launch: Callable[..., Launcher]) -> None:
    launcher = launch(STUBBORN, grace=60)
    launcher.started(2)

    launcher.outer.send_signal(signal.SIGINT)
    time.sleep(0.1)
    launcher.outer.send_signal(signal.SIGINT)

    launcher.outer.wait(20)
    assert launcher.alive() == []


def test_a_child_that_dies_is_started_again_after_a_growing_time(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exit 3")

    first, second = launcher.line(), launcher.line()

    assert first == f"child0 ended with exit code 3; starting it again in 1 s (see {launcher.logs}/child0.log)."
    assert "starting it again in 2 s" in second


def test_what_a_dead_child_left_running_is_gone_before_it_starts_again(launch: Callable[..., Launcher]) -> None:
    launcher = launch("sleep 1000 & kill -9 $$")

    assert launcher.line().startswith("child0 was killed by signal 9")

    until(lambda: len(launcher.alive()) == 2, 0.9)


def test_a_child_whose_work_is_done_is_not_started_again(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exit 0", "sleep 0.5; exit 1")

    assert launcher.line().startswith("child1 ended")


def test_the_launcher_ends_with_the_child_where_restarts_are_not_wanted(launch: Callable[..., Launcher]) -> None:
    launcher = launch(POLITE, "sleep 0.2; echo no such host; exit 1", restart=False)

    assert launcher.line() == f"child1 ended with exit code 1: no such host (see {launcher.logs}/child1.log)."
    assert launcher.outer.wait(10) == 1
    assert launcher.alive() == []


def test_a_program_that_is_missing_is_said_so(launch: Callable[..., Launcher]) -> None:
    launcher = launch("exec /no/such/program", restart=False)

    assert "/no/such/program" in launcher.line()
