"""What one company costs as it grows: CPU an invoice from fetch to mail, and the memory of the process that fetches."""

from collections.abc import Iterator

from tests.bench import mail
from tests.bench.figures import Figure
from tests.bench.place import Place

SIZES, BIGGEST = (1000, 10_000), 100_000
FLAT = 1.2  # times the cost of an invoice in the smallest company
MEGABYTE = 1_000_000


def run(place: Place) -> Iterator[Figure]:
    sizes = (place.options.n, place.options.n * 10) if place.options.n else SIZES
    runs = {n: mail.processes(place, 1, n) for n in (*sizes, *((BIGGEST,) if place.options.big else ()))}
    costs = {n: sum(run.cpu.values()) / n * 1000 for n, run in runs.items()}
    memory = {n: run.peak["fetcher 1"] / MEGABYTE for n, run in runs.items()}
    yield from _growth("one company, fetch to mail", "CPU ms an invoice", costs)
    yield from _growth("one company, peak of the fetcher's memory", "MB", memory)


def _growth(what: str, unit: str, measured: dict[int, float]) -> Iterator[Figure]:
    least, at_least = next(iter(measured.items()))
    for n, value in measured.items():
        yield Figure(
            row="size",
            what=what,
            n=n,
            ours=value,
            bare=at_least,
            unit=unit,
            against=f"the same with {least:,}",
            target="flat (≤ 120 %)" if n != least else "",
            met=value / at_least <= FLAT if n != least else None,
        )
