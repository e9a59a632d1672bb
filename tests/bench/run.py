"""`python -m tests.bench.run`: every row, or those of ONLY=mail,relay, with N=…, PROCESSES="notifier=2 …", THREADS=…,
BIG=1 (100,000 invoices of one company, too)."""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import redirect_stderr
from pathlib import Path

from common import clock, logs
from tests.bench import click, consume, fetch, mail, portal, relay, size, tick
from tests.bench.figures import Figure, note, show
from tests.bench.place import Options, Place, place

ROWS: dict[str, Callable[[Place], Iterator[Figure]]] = {
    "mail": mail.run,
    "relay": relay.run,
    "fetch": fetch.run,
    "consume": consume.run,
    "click": click.run,
    "portal": portal.run,
    "tick": tick.run,
    "size": size.run,
}
FOLDER = Path(".run")
TITLE = "Everything on this machine: PostgreSQL with fsync and synchronous_commit on, RabbitMQ with quorum queues"


class BadOption(Exception):
    """An option can't be used."""


def options(env: Mapping[str, str]) -> Options:
    """Raises BadOption."""
    only = frozenset(env.get("ONLY", "").replace(",", " ").split())
    if unknown := only - ROWS.keys():
        raise BadOption(f"ONLY names {', '.join(sorted(unknown))}; the rows are {', '.join(ROWS)}.")
    n = env.get("N", "")
    if n and not (n.isdigit() and int(n)):
        raise BadOption(f"N must be a whole number from 1; it is {n!r}.")
    return Options(
        only=only,
        n=int(n) if n else None,
        processes=env.get("PROCESSES", ""),
        big=bool(env.get("BIG")),
        threads=env.get("THREADS", "") or "8",
    )


def main(env: Mapping[str, str] = os.environ) -> int:
    try:
        chosen = options(env)
    except BadOption as error:
        sys.stderr.write(f"{error}\n")
        return 2
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda which, _: sys.exit(128 + which))  # what was started is ended
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    with (FOLDER / "bench.log").open("w") as log:
        with redirect_stderr(log):
            logs.configure("bench")  # what of ours runs in this process logs to a file, as the others do
        show(list(measured(chosen)), TITLE)
    return 0


def measured(chosen: Options) -> Iterator[Figure]:
    at = clock.real_now().isoformat(timespec="seconds")
    with place(chosen) as there:
        for name, run in ROWS.items():
            for figure in run(there) if not chosen.only or name in chosen.only else ():
                note(figure, at, FOLDER / "bench.jsonl")
                yield figure


if __name__ == "__main__":
    sys.exit(main())
