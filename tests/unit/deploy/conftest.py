"""A database in a folder of its own, and the `rykker` command on it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import copy
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from common import db, logs
from deploy import migrate
from deploy.cli import app

SECRET = "a secret of the tests, forty characters."
NOBODY = "amqp://guest:guest@127.0.0.1:9//"  # the discard port: refused at once
Rykker = Callable[..., Result]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The working directory, with settings but no tables."""
    file = tmp_path / "clock"
    file.write_text("2026-03-02T07:00:00+00:00 2026-11-23T05:00:00+00:00 0")  # stands still on a Monday, 8:00
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr(logs, "configure", lambda *_: None)  # would bind all later logs to a stderr that has ended
    monkeypatch.setenv("RYKKER_SECRET", SECRET)
    monkeypatch.setenv("RYKKER_DATABASE_URL", f"sqlite:///{tmp_path}/rykker.sqlite")
    monkeypatch.setenv("RYKKER_AMQP_URL", NOBODY)
    monkeypatch.setenv("RYKKER_ERP_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("RYKKER_CLOCK", str(file))
    yield tmp_path
    if db.handle.obj is not None:
        db.handle.obj.close_all()


@pytest.fixture
def rykker(folder: Path) -> Rykker:
    def run(*words: str, typed: str | None = None) -> Result:
        return CliRunner().invoke(app, words, input=typed)

    return run


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "rykker.sqlite"
    db.use(f"sqlite:///{path}")
    migrate.run()
    db.handle.close_all()
    return path


@pytest.fixture
def tables(folder: Path, migrated: Path) -> None:
    copy(migrated, folder / "rykker.sqlite")


def told(result: Result) -> Any:
    """What a successful command says with --json."""
    assert (result.exit_code, result.stderr) == (0, "")
    return json.loads(result.stdout)


def refusal(result: Result, code: int) -> str:
    """The one line on stderr of a command that was refused."""
    assert result.exit_code == code
    assert result.stdout == ""
    assert result.stderr.count("\n") == 1
    return result.stderr.strip()
