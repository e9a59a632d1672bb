"""Messages to handlers that only do `once`, beside an empty dramatiq actor."""

import subprocess
from collections.abc import Iterator

from peewee import fn

from common import db
from common.tables import Inbox
from tests.bench.crew import until
from tests.bench.figures import Figure, medians
from tests.bench.place import Place
from tests.bench.publishing import publish, said

N = 10_000
PATIENCE = 120.0  # seconds for all of them


def run(place: Place) -> Iterator[Figure]:
    n = place.options.n or N
    ours, bare = (n / seconds for seconds in medians(lambda: (_ours(place, n), _bare(place, n)), place.options.repeat))
    yield Figure(
        row="consume",
        what=f"handlers that only do `once`, {place.options.threads} threads",
        n=n,
        ours=ours,
        bare=bare,
        unit="messages/s",
        against="an empty dramatiq actor",
    )


def _ours(place: Place, n: int) -> float:
    """From the first notes in the inbox to the last ones, those first ones not counted: many may be written at once."""
    with place.fresh() as room, room.crew() as crew:
        publish(room.settings.broker, said(n))
        crew.module("worker", "tests.bench.worker")
        until(lambda: _noted() == n, "all being handled", PATIENCE, pause=0.2)
        with db.connection():
            first, last = Inbox.select(fn.MIN(Inbox.handled_at), fn.MAX(Inbox.handled_at)).scalar(as_tuple=True)
            later = Inbox.select().where(Inbox.handled_at > first).count()
    return float((last - first).total_seconds()) * n / int(later)


def _noted() -> int:
    with db.connection():
        return int(Inbox.select().count())


def _bare(place: Place, n: int) -> float:
    with place.fresh() as room, room.crew() as crew:
        actor = crew.module("actor", "tests.bench.actor", str(n), place.options.threads)
        _wait(actor)
        assert actor.returncode == 0, crew.log("actor").read_text()
        return float(crew.log("actor").read_text().splitlines()[-1])


def _wait(process: subprocess.Popen[bytes]) -> None:
    until(lambda: process.poll() is not None, "the bare actor", PATIENCE, pause=0.2)
