"""Where a trial may let a process die: it dies there and nowhere else."""

import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from common import crash

ROOT = Path(__file__).parents[3]
PASSES_THREE_TIMES = """
import sys
from common import crash
crash.at(sys.argv[1])
for time in (1, 2, 3):
    crash.here("commit.after")
    print(time, flush=True)
"""


@pytest.mark.parametrize(
    ("at", "reached", "exit_code"),
    [
        ("", "123", 0),
        ("commit.before", "123", 0),
        ("commit.after", "", -signal.SIGKILL),
        ("commit.after:3", "12", -signal.SIGKILL),
        ("commit.after:4", "123", 0),
    ],
)
def test_a_process_dies_at_its_point_as_by_kill_9(at: str, reached: str, exit_code: int) -> None:
    argv = [sys.executable, "-c", PASSES_THREE_TIMES, at]

    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.stdout.replace("\n", ""), done.returncode) == (reached, exit_code), done.stderr


@pytest.mark.parametrize("text", ["nowhere", "commit.after:", "commit.after:0", "commit.after:x", ":2"])
def test_an_unknown_point_is_refused_with_all_that_there_are(text: str) -> None:
    with pytest.raises(crash.NoSuchPoint) as refused:
        crash.parse(text)

    assert all(name in str(refused.value) for name in (*crash.POINTS, repr(text)))


def test_every_point_is_in_the_code_once() -> None:
    folders = ("common", "scheduler", "fetcher", "dunning", "notifier", "decisions")
    code = "".join(path.read_text("utf-8") for folder in folders for path in (ROOT / folder).rglob("*.py"))

    assert sorted(re.findall(r'crash\.here\("([^"]+)"\)', code)) == sorted(crash.POINTS)
