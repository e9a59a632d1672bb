"""Private servers, really started."""

import os
import pwd
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import amqp.exceptions
import kombu
import psycopg
import pytest

from deploy import servers
from tests.conftest import skip_or_fail


@pytest.fixture(autouse=True)
def _installed() -> None:
    if not servers.rabbitmq_server():
        skip_or_fail("rabbitmq-server is not installed")
    if not servers.postgres_programs():
        skip_or_fail("PostgreSQL is not installed")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[servers.Private]:
    with servers.private_broker(tmp_path / "æ node") as node:
        yield node


def put(url: str, *texts: str) -> None:
    """Confirmed by the broker when this returns."""
    confirmed = kombu.Connection(url, transport_options={"confirm_publish": True})
    with confirmed as connection, connection.SimpleQueue("kept", queue_args=QUORUM) as queue:
        for text in texts:
            queue.put(text, delivery_mode=2)


def take(url: str) -> list[str]:
    taken = []
    with (
        kombu.Connection(url) as connection,
        connection.SimpleQueue("kept", queue_args=QUORUM) as queue,
        suppress(queue.Empty),
    ):
        while message := queue.get(timeout=1):
            message.ack()
            taken.append(message.payload)
    return taken


QUORUM = {"x-queue-type": "quorum"}


def listening(pid: int) -> set[str]:
    """Local addresses on which the process listens, as the kernel writes them."""
    inodes = set(_descriptors(pid))
    found = set()
    for table in ("tcp", "tcp6"):
        for row in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            columns = row.split()
            if columns[3] == "0A" and f"socket:[{columns[9]}]" in inodes:
                found.add(columns[1].partition(":")[0])
    return found


def _descriptors(pid: int) -> Iterator[str]:
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since
            yield str(link.readlink())


def test_a_private_rabbitmq_keeps_its_messages_over_stop_and_kill_9(node: servers.Private) -> None:
    put(node.url, "first")

    node.stop()
    node.start()
    put(node.url, "second")
    node.kill()
    node.start()

    assert take(node.url) == ["first", "second"]


def test_two_nodes_side_by_side_do_not_meddle(node: servers.Private, tmp_path: Path) -> None:
    put(node.url, "here")

    with servers.private_broker(tmp_path / "other") as other:
        assert other.url != node.url
        put(other.url, "there")
        assert take(other.url) == ["there"]

    assert take(node.url) == ["here"]


def test_a_private_rabbitmq_listens_on_loopback_alone_and_tells_its_secrets_to_its_owner_alone(
    node: servers.Private,
) -> None:
    folder = node.program.folder

    assert listening(node.pid) == {"0100007F"}
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "home/.erlang.cookie").stat().st_mode & 0o777 == 0o400
    with (
        pytest.raises(amqp.exceptions.AccessRefused),
        kombu.Connection(node.url.replace("rykker:", "guest:")) as guest,
    ):
        guest.connect()


def test_a_node_goes_on_with_its_data_on_another_port(tmp_path: Path) -> None:
    with servers.Private(servers.RabbitNode.prepare(tmp_path, servers.free_port())) as node:
        put(node.url, "kept")

    with servers.Private(servers.RabbitNode.prepare(tmp_path, servers.free_port())) as moved:
        assert moved.url != node.url
        assert take(moved.url) == ["kept"]


def test_a_node_that_can_not_start_says_why(tmp_path: Path) -> None:
    broken = servers.RabbitNode.prepare(tmp_path, servers.free_port())
    (tmp_path / "rabbitmq.conf").write_text("no.such.setting = 1\n")
    private = servers.Private(broken)

    with pytest.raises(servers.NotReady, match="rabbitmq ended while it was starting"):
        private.start()
    private.stop()


def test_a_private_postgresql_never_runs_as_root_and_survives_kill_9() -> None:
    with servers.private_postgres() as server:
        folder = server.program.folder
        owner = Path(f"/proc/{server.pid}").stat().st_uid
        url = servers.create_database(server.url, "story")
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE kept (n int)")
            connection.execute("INSERT INTO kept VALUES (7)")

        server.kill()
        server.start()

        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT n FROM kept").fetchall() == [(7,)]
        servers.drop_database(server.url, "story")
        assert pwd.getpwuid(owner).pw_name in ({"postgres", "nobody"} if os.geteuid() == 0 else {_me()})
        assert listening(server.pid) == {"0100007F"}

    assert not folder.exists()


def _me() -> str:
    return pwd.getpwuid(os.geteuid()).pw_name
