"""The architecture as failing tests: who may import what, who reads the clock, what the README must name."""

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from common.events import EVENTS
from common.settings import Settings
from common.tables import TABLES
from common.topology import SUBSCRIPTIONS

ROOT = Path(__file__).parents[2]
PROCESSES = ("scheduler", "fetcher", "dunning", "notifier", "decisions")
README = (ROOT / "README.md").read_text("utf-8")


def sources(*folders: str) -> Iterator[tuple[str, str]]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield str(path.relative_to(ROOT)), path.read_text("utf-8")


def holding(pattern: str, *folders: str) -> set[str]:
    return {name for name, text in sources(*folders) if re.search(pattern, text, flags=re.M)}


def test_the_import_contracts_hold() -> None:
    run = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]

    result = subprocess.run(run, cwd=ROOT, capture_output=True, text=True)

    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize(
    ("pattern", "only"),
    [
        (r"os\.environ|getenv", {"common/settings.py"}),
        (r"datetime\.(now|utcnow|today)\(|date\.today\(|time\.time\(", {"common/clock.py"}),
        (r"^(import|from) (amqp|kombu)\b", {"common/publisher.py", "common/topology.py"}),
        (
            r"^(import|from) (dramatiq|pika)\b",
            {"common/worker/broker.py", "common/worker/consumer.py", "common/worker/threads.py"},
        ),
        (r"^(import|from) mjml\b", {"notifier/render.py"}),
        (r"^(import|from) smtplib\b", {"notifier/mailer.py"}),
        (r"^(import|from) requests\b", {"fetcher/wire.py"}),
        (r"^(import|from) holidays\b", {"common/calendar.py"}),
        (r"^(import|from) structlog\b", {"common/logs.py", "common/worker/handling.py"}),
        (r"cloudevents\+json", {"common/cloudevents.py"}),
        (r"^(import|from) (cryptography|itsdangerous)\b", {"common/secrets.py"}),
        (r"AlreadyHandled:", {"common/worker/handling.py"}),
    ],
)
def test_one_thing_is_done_in_one_place(pattern: str, only: set[str]) -> None:
    assert holding(pattern, "common", *PROCESSES) == only


def test_no_statement_asks_the_database_for_the_time() -> None:
    assert holding(r"(?i)\bnow\(\)\s*(at time zone|-|\+|\))|current_timestamp|fn\.now", "common", *PROCESSES) <= {
        "common/clock.py"
    }


@pytest.mark.parametrize("process", ["fetcher", "dunning", "notifier"])
def test_a_process_that_hears_has_one_handler_for_each_event(process: str) -> None:
    heard = {
        event.type for queue, events in SUBSCRIPTIONS.items() if queue.split(".")[0] == process for event in events
    }
    text = (ROOT / process / "handlers.py").read_text("utf-8")

    assert {f"on_{event.replace('.', '_')}" for event in heard} == set(re.findall(r"^def (on_\w+)", text, flags=re.M))


def test_the_readme_names_every_event_and_every_setting() -> None:
    missing = [name for name in EVENTS if f"`{name}`" not in README]
    missing += [field.metadata["var"] for field in fields(Settings) if f"`{field.metadata['var']}`" not in README]

    assert missing == []


def test_every_table_names_the_process_that_writes_it() -> None:
    writers = "|".join((*PROCESSES, "`rykker` command"))
    unnamed = [
        table.__name__ for table in TABLES if not re.search(rf"Written by (the )?({writers})", table.__doc__ or "")
    ]

    assert unnamed == ["Outbox", "Inbox"]  # written by all, as their page says


@pytest.mark.parametrize("folder", ["common", "deploy", "tests", *PROCESSES])
def test_every_folder_says_what_it_is_for(folder: str) -> None:
    assert (ROOT / folder / "README.md").read_text("utf-8").startswith(f"# {folder}\n")


def test_no_file_names_a_registry_or_a_folder_of_one_machine() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    forbidden = re.compile(r"https?://[\w.]*(pypi|pythonhosted|npmjs|debian)\.org|/(home|work|root)/\w+")

    found = [name for name in listed if (ROOT / name).is_file() and forbidden.search(_text(ROOT / name))]

    assert [name for name in found if name != "tests/unit/test_architecture.py"] == []


def _text(path: Path) -> str:
    return path.read_text("utf-8", errors="ignore")
