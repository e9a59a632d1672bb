"""`make run` with a real broker and database and the real sandbox; the five processes are played by fakes."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest

from deploy import servers
from deploy.clockfile import BEGINNING
from tests.conftest import skip_or_fail

DOORS = ("RYKKER_PORTAL_BIND", "RYKKER_SANDBOX_ERP", "RYKKER_SANDBOX_INBOX", "RYKKER_SANDBOX_SMTP")
UP = "Ctrl-C stops everything."
TIMEOUT = 90  # seconds
FAKES = """
import sys
from dataclasses import replace
from deploy.cast import CAST
from deploy.children import Child
from deploy.launch import main

PORTAL = '''
import http.server, os

class Portal(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass

http.server.HTTPServer(("127.0.0.1", int(os.environ["RYKKER_PORTAL_BIND"].rpartition(":")[2])), Portal).serve_forever()
'''

def processes(env):
    return [Child("scheduler", ("sleep", "1000"), env), Child("decisions", (sys.executable, "-c", PORTAL), env)]

def demo(env):
    return Child("demo", ("true",), env, lasting=False)

def prologue(env):
    return Child("prologue", ("true",), env)

sys.exit(main(cast=replace(CAST, prologue=prologue, processes=processes, demo=demo)))
"""


class Place:
    """A folder to run in, with doors of its own and a mark on every process that comes from it."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.mark = folder, f"MARK={uuid4()}"
        ours = {name: value for name, value in os.environ.items() if not name.startswith(("RYKKER_", "PYTEST_"))}
        self.doors = {door: f"127.0.0.1:{servers.free_port()}" for door in DOORS}
        self.env = ours | self.doors | {"RYKKER_BROKER_PORT": str(servers.free_port()), "DAY_SECONDS": "2"}
        self.env |= dict([self.mark.split("=")])

    def launch(self, *argv: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, *argv],
            cwd=self.folder,
            env=self.env,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )

    @contextmanager
    def running(self) -> Iterator["subprocess.Popen[str]"]:
        """The system, up."""
        process = self.launch("-c", FAKES)
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if UP in line:
                break
        else:
            pytest.fail("".join(said))
        yield process
        process.stdout.close()

    def refused(self, **env: str) -> str:
        """The one line with which a launch ends; everything else about it is checked."""
        self.env |= env
        process = self.launch("-m", "deploy.launch")
        said, _ = process.communicate(timeout=TIMEOUT)
        assert process.returncode == 1
        assert len(said.splitlines()) == 1, said
        return said.strip()

    def alive(self) -> list[str]:
        return [text for pid in Path("/proc").glob("[0-9]*") if (text := self._command(pid))]

    def business(self) -> str:
        return (self.folder / ".run/clock").read_text().split()[0]

    def _command(self, process: Path) -> str:
        try:
            marked = self.mark.encode() in (process / "environ").read_bytes()
            return (process / "cmdline").read_text().replace("\0", " ") if marked else ""
        except OSError:
            return ""


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    if not (servers.rabbitmq_server() or servers.engine_answers()):
        skip_or_fail("neither rabbitmq-server nor Docker is there")
    place = Place(tmp_path)
    yield place
    assert place.alive() == []


def until_gone(place: Place) -> None:
    deadline = time.monotonic() + 30
    while left := place.alive():
        assert time.monotonic() < deadline, left
        time.sleep(0.05)


def test_a_stop_leaves_nothing_behind_and_the_next_start_goes_on(place: Place) -> None:
    with place.running() as system:
        system.send_signal(signal.SIGINT)
        assert system.wait(TIMEOUT) == 0
    assert place.alive() == []
    stood, secret = place.business(), (place.folder / ".run/secret").read_text()

    with place.running() as system:
        assert place.business() >= stood
        system.terminate()
        assert system.wait(TIMEOUT) == 0

    assert (place.folder / ".run/secret").read_text() == secret
    settings = dict(line.split("=", 1) for line in (place.folder / ".run/env").read_text().splitlines())
    assert settings["RYKKER_DATABASE_URL"] == f"sqlite:///{place.folder}/.run/rykker.sqlite"
    assert settings["RYKKER_ERP_URL"] == f"http://{place.doors['RYKKER_SANDBOX_ERP']}"


def test_a_start_right_after_kill_9_waits_for_what_is_left_and_goes_on(place: Place) -> None:
    with place.running() as system:
        time.sleep(1.5)
        system.kill()
        system.wait()
        stood = place.business()

        with place.running() as second:
            assert stood <= place.business()
            refused = place.refused()
            second.terminate()
            assert second.wait(TIMEOUT) == 0

    assert f"It runs already, as process {second.pid}" in refused
    assert stood > BEGINNING.isoformat()
    until_gone(place)


@pytest.mark.fast
def test_a_taken_port_is_named_with_the_setting_that_moves_it(place: Place) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        said = place.refused(RYKKER_SANDBOX_INBOX=f"127.0.0.1:{port}")

    assert said == (
        f"Port {port} (the inbox) is taken. Set another one: RYKKER_SANDBOX_INBOX=127.0.0.1:{port % 65535 + 1} make run"
    )


@pytest.mark.fast
def test_a_run_folder_that_can_not_be_written_is_named(place: Place) -> None:
    (place.folder / ".run").write_text("in the way")

    assert f"{place.folder}/.run" in place.refused()


def test_a_broker_that_can_not_be_reached_is_named(place: Place) -> None:
    place.env["RYKKER_AMQP_URL"] = f"amqp://guest:guest@127.0.0.1:{servers.free_port()}//"

    process = place.launch("-m", "deploy.launch")
    said, _ = process.communicate(timeout=TIMEOUT)

    assert process.returncode == 1
    assert "127.0.0.1:" in said.splitlines()[-1]
    assert place.alive() == []
