"""From the wish to fetch until every mail is accepted and every procedure has heard of it, beside one script."""

import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

from common import clock, db, fetches
from common.tables import Letter, Outbox, Procedure
from notifier.batches import MOST_SINGLE
from tests.bench.crew import Crew, cpu_seconds, until
from tests.bench.doors import counted, start_erp, start_sink
from tests.bench.figures import Detail, Figure
from tests.bench.place import Place, add_companies

# invoices a company, and how many in all
SHAPES = {
    "fetch to mail: 100 a company, a digest each": (100, 5000),
    "fetch to mail: 20 a company, a notice each": (20, 2000),
}
DEFAULT = "scheduler=1 fetcher=1 dunning=1 notifier=1 decisions=1"
SLOWEST = 15.0  # invoices a second, below which it is given up


def run(place: Place) -> Iterator[Figure]:
    for what, (size, n) in SHAPES.items():
        yield measure(place, what, max(1, (place.options.n or n) // size), size)


def measure(place: Place, what: str, companies: int, size: int) -> Figure:
    """Of several pairs, each measured at one go, the one whose ratio is the median."""
    n, pairs = companies * size, [_both(place, companies, size) for _ in range(place.options.repeat)]
    bare, ours = sorted(pairs, key=lambda pair: pair[0].seconds / pair[1].seconds)[len(pairs) // 2]
    return Figure(
        row="mail",
        what=what,
        n=n,
        ours=n / ours.seconds,
        bare=n / bare.seconds,
        unit="invoices/s",
        against="one script",
        target="≥ 500/s, ≥ 60 %",
        met=n / ours.seconds >= 500 and bare.seconds / ours.seconds >= 0.6,
        detail=_each("CPU ms an invoice", n, ours.cpu, bare.cpu),
    )


def _each(what: str, n: int, ours: dict[str, float], bare: dict[str, float]) -> Detail:
    """By process, and all of them together."""
    whose = {"ours": ours | {"all": sum(ours.values())}, "bare": bare | {"all": sum(bare.values())}}
    return {
        f"{what}: {process}": {who: cpu[process] / n * 1000 for who, cpu in whose.items() if process in cpu}
        for process in sorted(ours.keys() | bare.keys() | {"all"})
    }


# --- the two of them -------------------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Run:
    """Seconds for all of it, and by process its CPU seconds and the most bytes that it held."""

    seconds: float
    cpu: dict[str, float]
    peak: dict[str, int] = field(default_factory=dict)


def _both(place: Place, companies: int, size: int) -> tuple[Run, Run]:
    return script(place, companies, size), processes(place, companies, size)


def processes(place: Place, companies: int, size: int) -> Run:
    """The five processes, from the wishes to fetch until nothing is left to do."""
    with place.fresh() as room, room.crew() as crew:
        cvrs = add_companies(room.settings, companies, size)
        start_erp(crew, room)
        start_sink(crew, room)
        start_processes(crew, place.options.processes or DEFAULT)
        before, began = cpu(place, crew), time.perf_counter()
        now = clock.business_now()
        with db.transaction():
            for cvr in cvrs:
                fetches.request([cvr], now, "bench")
        until(lambda: is_done(companies, size), f"{companies * size} invoices", _patience(companies * size), pause=0.1)
        seconds, after, peak = time.perf_counter() - began, cpu(place, crew), crew.peak()
        assert_mailed(crew, questions(companies, size) + companies)
    return Run(seconds, spent(before, after), peak)


def script(place: Place, companies: int, size: int) -> Run:
    with place.fresh() as room, room.crew() as crew:
        add_companies(room.settings, companies, size)
        start_erp(crew, room)
        start_sink(crew, room)
        before, alone = cpu(place, crew), crew.module("script", "tests.bench.script")
        until(lambda: alone.poll() is not None, "the script", _patience(companies * size))
        after = cpu(place, crew)
        assert alone.returncode == 0, crew.log("script").read_text()
        assert_mailed(crew, questions(companies, size))
        seconds, own_cpu = crew.log("script").read_text().splitlines()[-1].split()
    return Run(float(seconds), spent(before, after) | {"script": float(own_cpu)})


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
        if Letter.select().where(Letter.state == "sent").count() < questions(companies, size) + companies:
            return False
        due = Outbox.select().where(Outbox.published_at.is_null(), Outbox.at <= clock.business_now())
        return not due.exists()


def questions(companies: int, size: int) -> int:
    """The mails that ask. Each company is told besides that nothing of its is ever paid."""
    return companies if size > MOST_SINGLE else companies * size


def assert_mailed(crew: Crew, mails: int) -> None:
    """The mail server and the rows agree: each letter once."""
    with db.connection():
        states = Counter(row.state for row in Letter.select(Letter.state))
    assert states == {"sent": mails}, states
    assert counted(crew) == mails, counted(crew)


def cpu(place: Place, crew: Crew) -> dict[str, float]:
    servers = {"postgres": cpu_seconds(place.postgres.pid), "rabbitmq": cpu_seconds(place.broker.pid)}
    return crew.cpu() | servers | {"harness": time.process_time()}


def spent(before: dict[str, float], after: dict[str, float]) -> dict[str, float]:
    return {name: seconds - before.get(name, 0.0) for name, seconds in after.items() if name in before}
