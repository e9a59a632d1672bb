"""A database from its backup, and a broker that came back empty: what was on its way is said again, and no more."""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from common import clock, db, outbox, publisher, topology
from common.one_queue import OneQueue
from common.settings import BrokerAddress
from common.tables import Inbox, Outbox
from deploy import servers
from deploy.event_log import Part, say_again, types_for
from tests.conftest import skip_or_fail
from tests.integration.test_event_replay import heard
from tests.integration.test_messages import address, order, relay, say

__all__ = ["address", "relay"]  # fixtures


@pytest.fixture
def database(postgres: str) -> str:
    return postgres


def tool(name: str) -> str:
    found = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found:
        skip_or_fail(f"{name} is not installed")
    return str(found[-1])


@pytest.fixture
def restored(postgres_server: servers.Server) -> Iterator[str]:
    name = f"restored_{uuid4().hex}"
    yield servers.create_database(postgres_server.url, name)
    db.handle.close_all()
    servers.drop_database(postgres_server.url, name)


def test_a_restored_database_says_again_what_nobody_had_handled(
    postgres: str, restored: str, relay: Callable[[], int], address: BrokerAddress, tmp_path: Path
) -> None:
    say(*[order("x", number) for number in range(5)])
    while relay():
        pass
    say(order("not yet", 5))
    with db.transaction():
        ids = [row.event_id for row in Outbox.select().order_by(Outbox.id)]
        Inbox.create(consumer="dunning", event_id=ids[0], handled_at=clock.real_now())
    backup = tmp_path / "rykker.dump"
    subprocess.run([tool("pg_dump"), "--format=custom", f"--file={backup}", postgres], check=True, timeout=60)
    with publisher.connected(address) as channel:
        for queue in topology.queues():
            queue(channel).delete()
        topology.apply(channel)

    subprocess.run([tool("pg_restore"), "--no-owner", f"--dbname={restored}", str(backup)], check=True, timeout=60)
    db.use(restored)
    outbox.sign_as("tests")
    now = clock.business_now()
    part = Part(queue="dunning", types=types_for("dunning", ()), since=now.replace(year=now.year - 1), until=now)
    with OneQueue(address, "dunning") as queue, db.connection():
        again = sum(len(batch) for batch in say_again(part, queue))
    while relay():
        pass

    assert again == 4
    assert sorted(heard(address, "dunning")) == sorted(ids[1:])
