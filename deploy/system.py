"""The whole system on one machine: RabbitMQ, migrations, topology, sandbox, past, the five processes, demo."""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from deploy import defaults, servers, trial
from deploy.cast import Cast
from deploy.clockfile import ClockFile
from deploy.days import Days, get
from deploy.defaults import CantStart
from deploy.servers.containers import Contained
from deploy.supervisor import PAUSE, Supervisor
from deploy.terminal import address, say, where_to_look

SECOND = 1.0
LONG, SHORT = 90.0, 30.0  # seconds after which a slow start is a failed one


class System:
    """One life of it, in the run folder `folder`."""

    def __init__(self, env: Mapping[str, str], folder: Path, cast: Cast, *, restart: bool) -> None:
        """Raises CantStart; nothing has been started then."""
        self._folder, self._cast = folder, cast
        self._settings = defaults.complete(env, folder)
        self._env = dict(env) | self._settings
        self._broker_port = None if "RYKKER_AMQP_URL" in self._settings else defaults.broker_port(env)
        defaults.check(defaults.ports(self._settings, self._broker_port))
        self._clock = ClockFile(Path(self._settings["RYKKER_CLOCK"]), defaults.clock_speed(env))
        self._supervisor = Supervisor(folder / "log", say, restart=restart)
        self._container: Contained | None = None

    def start(self) -> None:
        """Raises NotStarted, NotReady or CantStart."""
        self._clock.hold()
        self._start_broker()
        defaults.write_env(self._settings, self._folder / "env")
        run = self._supervisor
        self._step("database", lambda: run.complete(self._cast.migrate(self._env), LONG))
        self._step("queues", lambda: run.complete(self._cast.topology(self._env), LONG))
        run.start(*self._cast.sandbox(self._env))
        self._step("stand-in for Ordrestyring", lambda: self._wait_for("erp", "SANDBOX_ERP"))
        self._step("inbox", lambda: self._wait_for("inbox", "SANDBOX_INBOX"))
        self._step("example company's past", lambda: run.complete(self._cast.prologue(self._env), LONG))
        self._clock.go()
        run.start(*self._cast.processes(self._env))
        self._step("five processes", lambda: self._wait_for("decisions", "PORTAL_BIND"))
        run.start(self._cast.demo(self._env))
        where_to_look(self._settings, self._folder, self._clock.speed, trial.links(self._settings))

    def watch(self) -> None:
        """Until somebody stops it. Raises ChildEnded where nothing is to be started again."""
        days = Days(self._settings["RYKKER_DATABASE_URL"], address(self._settings, "SANDBOX_INBOX"), say)
        next_second = 0.0
        while True:
            self._supervisor.tick()
            if time.monotonic() >= next_second:
                next_second = time.monotonic() + SECOND
                days.tick(self._clock.tick())
            time.sleep(PAUSE)

    def stop(self) -> None:
        """The broker last, so that the processes can end what they are at."""
        self._supervisor.stop()
        if self._container:
            self._container.__exit__()
        self._clock.hold()

    def _start_broker(self) -> None:
        if self._broker_port is None:
            say("Using the RabbitMQ of RYKKER_AMQP_URL")
        elif servers.rabbitmq_server():
            self._start_node(self._broker_port)
        elif servers.engine_answers():
            self._start_container(self._broker_port)
        else:
            raise CantStart("No RabbitMQ: install rabbitmq-server (`make setup` does), or set RYKKER_AMQP_URL.")

    def _start_node(self, port: int) -> None:
        node = servers.RabbitNode.prepare(self._folder / "rabbitmq", port)
        for child in node.children():
            self._supervisor.start(child)
        self._step("RabbitMQ", lambda: self._supervisor.wait_until(node.answers, "rabbitmq", LONG))
        self._use_broker(node.url)

    def _start_container(self, port: int) -> None:
        self._container = servers.rabbit_container(port, self._folder / "rabbitmq-docker")
        self._step("RabbitMQ in Docker", self._container.start)
        self._use_broker(self._container.url)

    def _use_broker(self, url: str) -> None:
        self._settings["RYKKER_AMQP_URL"] = self._env["RYKKER_AMQP_URL"] = url

    def _wait_for(self, child: str, door: str) -> None:
        url = f"{address(self._settings, door)}/healthz"
        self._supervisor.wait_until(lambda: get(url) is not None, child, SHORT)

    def _step(self, what: str, act: Callable[[], object]) -> None:
        began = time.monotonic()
        act()
        say(f"Ready: {what} ({time.monotonic() - began:.1f} s)")
