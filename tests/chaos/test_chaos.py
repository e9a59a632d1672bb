"""Chaos itself, with a fixed seed and for a short time; `make chaos` does the same for longer."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

import pytest

from deploy import servers
from tests.conftest import skip_or_fail

SECONDS, SEED = 35, 4
LONGEST = 480  # seconds: 40 of harm, at most 370 around it until all is quiet, and the servers' own


class Run:
    """`python -m tests.chaos.run`, and every process that descends from it, known by a mark in the environment."""

    def __init__(self, *options: str) -> None:
        self.mark = f"MARK={uuid4()}"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.run", *options],
            env=os.environ | dict([self.mark.split("=")]),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def alive(self) -> Sequence[int]:
        return [int(process.name) for process in Path("/proc").glob("[0-9]*") if self._is_marked(process)]

    def _is_marked(self, process: Path) -> bool:
        try:
            return self.mark.encode() in (process / "environ").read_bytes()
        except OSError:
            return False

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


@contextmanager
def running(*options: str) -> Iterator[Run]:
    if not (servers.rabbitmq_server() and servers.postgres_programs()):
        skip_or_fail("No rabbitmq-server and PostgreSQL are installed: others are not ours to kill")
    run = Run(*options)
    try:
        yield run
    finally:
        for pid in run.alive():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        run.process.communicate()


@pytest.mark.timeout(LONGEST + 20)
def test_after_everything_was_broken_nothing_is_lost_nothing_came_twice_and_nobody_is_dunned_who_has_paid() -> None:
    with running("--seconds", str(SECONDS), "--seed", str(SEED)) as run:
        said, _ = run.process.communicate(timeout=LONGEST)

        assert run.process.returncode == 0, said
        assert "Nothing lost, nothing twice" in said
        assert "no answers" not in said
        assert "no words of debtors" not in said
        assert " portal ways of answers" in said
        assert "no statuses behind the login" not in said
        assert run.alive() == []


def test_ctrl_c_stops_everything_that_chaos_started() -> None:
    with running("--seconds", "60") as run:
        while not run.line().startswith("It runs"):
            assert run.process.poll() is None
        before = len(run.alive())

        run.process.send_signal(signal.SIGINT)
        said, _ = run.process.communicate(timeout=60)

        assert before > 12
        assert run.alive() == [], said


def test_too_short_a_time_is_refused_with_a_word() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.chaos.run", "--seconds", "5"], capture_output=True, text=True, check=False
    )

    assert done.returncode == 2
    assert "at least 20 seconds" in done.stderr
