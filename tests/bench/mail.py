"""From the wish to fetch until every mail is accepted and every procedure has heard of it, beside one script."""

import re
import time
from collections import Counter
from collections.abc import Iterator

from common import clock, db
from common.tables import Letter, Outbox, Procedure
from notifier.notices import MOST_SINGLE
from scheduler.store import request_fetch
from tests.bench.crew import Crew, cpu_seconds, until
from tests.bench.doors import start_erp, start_sink
from tests.bench.figures import Figure
from tests.bench.place import Place, add_companies

SHAPES = {"fetch to mail: 100 a company, a digest each": 100, "fetch to mail: 20 a company, a notice each": 20}
N = 4000
DEFAULT = "scheduler=1 fetcher=1 dunning=1 notifier=1 decisions=1"
SLOWEST = 15.0  # invoices a second, below which it is given up
CPU = "CPU ms an invoice"


def run(place: Place) -> Iterator[Figure]:
    for what, size in SHAPES.items():
        companies = max(1, (place.options.n or N) // size)
        yield measure(place, what, companies, size)


def measure(place: Place, what: str, companies: int, size: int) -> Figure:
    bare, bare_cpu = _script(place, companies, size)
    ours, cpu = _processes(place, companies, size)
    n = companies * size
    return Figure(
        row="mail",
        what=what,
        n=n,
        ours=n / ours,
        bare=n / bare,
        unit="invoices/s",
        against="one script",
        target="≥ 500/s, ≥ 60 %",
        met=n / ours >= 500 and bare / ours >= 0.6,
        detail=_each("ours", cpu, n) | _each("script", bare_cpu, n),
    )


def _each(whose: str, cpu: dict[str, float], n: int) -> dict[str, float | str]:
    by_name = {f"{whose}: {name}": seconds / n * 1000 for name, seconds in cpu.items()}
    return {**by_name, f"{whose}: all {CPU}": sum(by_name.values())}


# --- the two of them -------------------------------------------------------------------------------------------------
def _processes(place: Place, companies: int, size: int) -> tuple[float, dict[str, float]]:
    with place.fresh() as room, room.crew() as crew:
        cvrs = add_companies(room.settings, companies, size)
        start_erp(crew, room)
        start_sink(crew, room)
        start_processes(crew, place.options.processes or DEFAULT)
        before, began = cpu(place, crew), time.perf_counter()
        now = clock.business_now()
        with db.transaction():
            for cvr in cvrs:
                request_fetch(cvr, now, "bench")
        until(lambda: is_done(companies, size), f"{companies * size} invoices", _patience(companies * size), pause=0.1)
        seconds, after = time.perf_counter() - began, cpu(place, crew)
        assert_mailed(crew, companies, size)
    return seconds, spent(before, after)


def _script(place: Place, companies: int, size: int) -> tuple[float, dict[str, float]]:
    with place.fresh() as room, room.crew() as crew:
        add_companies(room.settings, companies, size)
        start_erp(crew, room)
        start_sink(crew, room)
        before, script = cpu(place, crew), crew.module("script", "tests.bench.script")
        until(lambda: script.poll() is not None, "the script", _patience(companies * size))
        after = cpu(place, crew)
        assert script.returncode == 0, crew.log("script").read_text()
        assert_mailed(crew, companies, size)
        seconds, own_cpu = crew.log("script").read_text().splitlines()[-1].split()
    return float(seconds), spent(before, after) | {"script": float(own_cpu)}


def _patience(invoices: int) -> float:
    return 60 + invoices / SLOWEST


def start_processes(crew: Crew, wanted: str) -> None:
    """`wanted` such as "scheduler=1 notifier=2"."""
    parts = [part.partition("=") for part in wanted.split()]
    names = {f"{module} {n + 1}": module for module, _, number in parts for n in range(int(number or 1))}
    for name, module in names.items():
        crew.module(name, module)
    crew.wait_ready(*names)


def is_done(companies: int, size: int) -> bool:
    """Every letter sent, every procedure knows it, and all that is due is published."""
    with db.connection():
        if Procedure.select().where(Procedure.notified_on.is_null(False)).count() < companies * size:
            return False
        due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= clock.business_now())
        return not due.exists()


def assert_mailed(crew: Crew, companies: int, size: int) -> None:
    """The mail server and the rows agree: each letter once."""
    expected = companies if size > MOST_SINGLE else companies * size
    with db.connection():
        states = Counter(row.state for row in Letter.select(Letter.state))
    assert states == {"sent": expected}, states
    said = re.findall(r"mesg=(\d+)", crew.log("smtp-sink").read_text())
    assert int(said[-1]) == expected, said[-1]


def cpu(place: Place, crew: Crew) -> dict[str, float]:
    servers = {"postgres": cpu_seconds(place.postgres.pid), "rabbitmq": cpu_seconds(place.broker.pid)}
    return crew.cpu() | servers | {"harness": time.process_time()}


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items() if name in before}
