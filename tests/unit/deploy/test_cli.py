"""The `rykker` command: set up, refusals, the settings of a running system."""

from pathlib import Path

import pytest

from common.settings import Settings
from deploy import session
from tests.unit.deploy.conftest import NOBODY, SECRET, Rykker, refusal, told

pytestmark = pytest.mark.fast


def test_migrate_says_what_ran(rykker: Rykker) -> None:
    first = rykker("migrate")
    again = rykker("migrate")

    assert "0001_first_tables" in first.stdout
    assert "up to date" in again.stdout
    assert told(rykker("migrate", "--json")) == {"ran": []}


def test_migrate_refuses_both_marks_at_once(rykker: Rykker) -> None:
    assert "leave both out" in refusal(rykker("migrate", "--pre", "--post"), 2)


def test_migrate_names_a_folder_that_is_not_there(rykker: Rykker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYKKER_DATABASE_URL", "sqlite:///nowhere/rykker.sqlite")

    assert "unable to open database file" in refusal(rykker("migrate"), 1)


@pytest.mark.parametrize(
    "words", [("status",), ("company", "list"), ("fetch", "12345674"), ("invoice", "12345674", "1")]
)
def test_without_tables_a_command_says_what_to_run(rykker: Rykker, folder: Path, words: tuple[str, ...]) -> None:
    said = refusal(rykker(*words), 1)

    assert said == "rykker: the database has no tables yet: run `rykker migrate`"
    assert not (folder / "rykker.sqlite").exists()


def test_an_empty_database_file_has_no_tables_either(rykker: Rykker, folder: Path) -> None:
    (folder / "rykker.sqlite").touch()

    assert "run `rykker migrate`" in refusal(rykker("status"), 1)


def test_topology_apply_says_which_broker_does_not_answer(rykker: Rykker) -> None:
    assert "RabbitMQ at 127.0.0.1:9" in refusal(rykker("topology", "apply"), 1)


def test_a_bad_setting_is_refused_by_name(rykker: Rykker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RYKKER_AMQP_URL", "http://127.0.0.1")

    assert "RYKKER_AMQP_URL" in refusal(rykker("status"), 1)


def test_a_clock_that_cannot_be_read_is_one_line(rykker: Rykker, folder: Path) -> None:
    (folder / "clock").write_text("noon")

    assert "'noon'" in refusal(rykker("status"), 1)


# --- the settings of a running system
@pytest.fixture
def running(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system runs in .run; nothing in the environment names a database."""
    for name in ("RYKKER_DATABASE_URL", "RYKKER_SECRET", "RYKKER_CLOCK", "RYKKER_ERP_URL"):
        monkeypatch.delenv(name)
    (folder / ".run").mkdir()
    (folder / ".run" / "env").write_text(
        f"# of make run\nRYKKER_SECRET={SECRET}\nRYKKER_DATABASE_URL=sqlite:///{folder}/running.sqlite\n"
        "RYKKER_AMQP_URL=amqp://other:5672//\n"
    )
    return folder


def test_a_running_system_lends_its_settings_and_says_so(running: Path, rykker: Rykker) -> None:
    migrated = rykker("migrate")

    assert migrated.stderr == "using the running system in .run\n"
    assert (running / "running.sqlite").exists()
    assert told(rykker("company", "list", "--json")) == []


def test_the_environment_stands_above_a_running_system(running: Path) -> None:
    env = session.environment({"RYKKER_AMQP_URL": NOBODY}, quiet=True)

    assert Settings.from_env(env).amqp_url == NOBODY
    assert Settings.from_env(env).secret == SECRET


def test_a_named_database_is_never_mixed_with_a_running_system(running: Path) -> None:
    given = {"RYKKER_DATABASE_URL": "sqlite:///mine.sqlite"}

    assert session.environment(given, quiet=True) == given
