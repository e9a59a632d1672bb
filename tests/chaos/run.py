"""Breaks everything for a while and lets others' books judge: `python -m tests.chaos.run --seconds 120 --seed 1`.

Exit code 0: nothing was lost, nothing came twice, nobody was dunned who had paid. 1: the findings say what was. 2: it
could not start.
"""

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from deploy import reaper, servers
from deploy.terminal import say
from tests.chaos import ledgers, report, settling
from tests.chaos.plan import plan
from tests.chaos.stage import stage

WELL, FOUND, CANT_START = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    if not (servers.rabbitmq_server() and servers.postgres_programs()):
        say("Chaos restarts its own RabbitMQ and PostgreSQL: both must be installed here (deploy/setup.sh test).")
        return CANT_START
    return reaper.guarded(lambda: _run(options.seed, options.seconds), with_parent=True)


def _run(seed: int, seconds: float) -> int:
    folder = Path(tempfile.mkdtemp(prefix="rykker-chaos-"))
    actions = plan(seed, seconds)
    say(f"Chaos: seed {seed}, {seconds:g} seconds, {len(actions)} actions. Starting the town …")
    try:
        with stage(folder) as there:
            there.perform(actions)
            say("\n".join(["What was done:", *report.timeline(actions)]))
            is_quiet = settling.settle(there)
            facts = settling.facts(there)
    except reaper.Stop:
        say(f"Stopped; its books and logs are in {folder}.")
        raise
    say("\n".join(["What came of it:", *report.outcome(facts, there.life.left_undone)]))
    found = [
        *([] if is_quiet else [f"the town was not quiet after {settling.PATIENCE:.0f} s"]),
        *ledgers.findings(facts),
    ]
    return _verdict(found, folder, f"make chaos SECONDS={seconds:g} SEED={seed}")


def _verdict(found: list[str], folder: Path, again: str) -> int:
    if not found:
        say("Nothing lost, nothing twice, nobody dunned who has paid.")
        shutil.rmtree(folder)
        return WELL
    say("\n".join([f"{len(found)} findings:", *(f"  - {sentence}" for sentence in found)]))
    say(f"Books (*.jsonl) and logs: {folder}. The same plan again: {again}")
    return FOUND


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long everything is broken (default 120)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same plan (default 1)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
