"""Breaks everything for a while and lets others' books judge: `python -m tests.chaos.run --seconds 120 --seed 1`.

Exit code 0: nothing was lost, nothing came twice, nobody was dunned who had paid. 1: the findings say what was. 2: it
could not start.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from deploy import reaper, servers
from deploy.terminal import refuse, say
from tests.chaos import ledgers, report, settling
from tests.chaos.plan import CALM, Action, plan
from tests.chaos.stage import stage

WELL, FOUND, CANT_START = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    options = _options(argv)
    try:
        actions = plan(options.seed, options.seconds)
    except ValueError as error:
        return _cant_start(f"{error}.")
    if not (servers.rabbitmq_server() and servers.postgres_programs()):
        return _cant_start("Chaos restarts a RabbitMQ and a PostgreSQL of its own; deploy/setup.sh test installs them.")
    folder = options.folder or Path(tempfile.mkdtemp(prefix="rykker-chaos-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Chaos with seed {options.seed}: {len(actions)} actions in {options.seconds:g} seconds. Starting the town …")
    code = reaper.guarded(lambda: _run(actions, options.seconds, folder), with_parent=True)
    if code == FOUND:
        say(f"Books (*.jsonl) and logs are in {folder}.")
        say(f"The same plan again: make chaos SECONDS={options.seconds:g} SEED={options.seed}")
    elif not options.folder:
        shutil.rmtree(folder, ignore_errors=True)
    return code


def _cant_start(why: str) -> int:
    refuse(why)
    return CANT_START


def _run(actions: Sequence[Action], seconds: float, folder: Path) -> int:
    try:
        with stage(folder) as there:
            say("It runs. First come some invoices, and their companies are asked …")
            there.perform([action for action in actions if action.at < CALM])
            settling.wait_until_quiet(there)
            say("Now everything is being broken …")
            there.perform([action for action in actions if CALM <= action.at < seconds])
            say("\n".join(["What was done:", *report.timeline(actions)]))
            say("Every fault is lifted, but one: when all is quiet, a reminder's sender is killed once more …")
            there.harm.lift()
            settling.wait_until_quiet(there)
            there.perform([action for action in actions if action.at >= seconds])
            say("Who came too early, or found nobody, tries again …")
            settling.wait_until_quiet(there)
            there.perform(there.life.missed())
            say("Waiting until nobody has anything to do …")
            is_quiet = settling.settle(there)
            facts = settling.facts(there)
    except reaper.Stop:
        say("Stopping everything that it had started …")
        raise
    say("\n".join(["What came of it:", *report.outcome(facts, there.life.left_undone)]))
    restless = f"the town was not quiet after {settling.PATIENCE:.0f} s: see what is left below"
    return _verdict([*([] if is_quiet else [restless]), *ledgers.findings(facts)])


def _verdict(found: Sequence[str]) -> int:
    if not found:
        say("Nothing lost, nothing twice, nobody dunned who has paid.")
        return WELL
    say("\n".join([f"{len(found)} findings:", *(f"  - {sentence}" for sentence in found)]))
    return FOUND


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.run", description=__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="how long everything is broken (default 120)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed is the same plan (default 1)")
    parser.add_argument("--folder", type=Path, help="where books and logs stay (default: only when something is found)")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
