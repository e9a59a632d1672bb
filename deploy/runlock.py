"""One launcher at a time for a run folder."""

import errno
import fcntl
import os
import time
from pathlib import Path
from typing import IO

from deploy.defaults import CantStart

LAST_ONE_STOPS = 25.0  # seconds that the rest of a killed launcher may take to stop


def take(folder: Path) -> IO[str]:
    """Holds the folder until every process that has the file closes it. Raises CantStart if somebody else does."""
    file = (folder / "lock").open("a+")
    deadline = time.monotonic() + LAST_ONE_STOPS
    while not _locked(file):
        if (owner := _owner(file)) and _lives(owner):
            raise CantStart(f"It runs already, as process {owner} in {folder}. Stop it first: kill {owner}")
        if time.monotonic() > deadline:
            raise CantStart(f"{folder} is held by a launcher that doesn't stop; see {folder}/log.")
        time.sleep(0.1)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno != errno.EWOULDBLOCK:
            raise
        return False
    return True


def _owner(file: IO[str]) -> int:
    file.seek(0)
    text = file.read().strip()
    return int(text) if text.isdecimal() else 0


def _lives(pid: int) -> bool:
    """A zombie is dead, too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
