"""The town whose processes the tests of crashes and outages kill; made once a file, since its servers take a while."""

from collections.abc import Iterator

import pytest

from common.settings import Settings
from deploy import servers
from tests.chaos.crashing import Scene, scene
from tests.conftest import skip_or_fail
from tests.e2e.town import be_in


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    if not servers.rabbitmq_server() or not servers.postgres_programs():
        skip_or_fail("RabbitMQ and PostgreSQL must be installed: others are not ours to kill")
    with scene(tmp_path_factory.mktemp("crashes")) as made:
        yield made


@pytest.fixture
def there(built: Scene) -> Scene:
    """Other tests of this package look at databases of their own."""
    be_in(Settings.from_env(built.town.env))
    return built
