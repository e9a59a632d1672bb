import pytest

from tests.unit.notifier.office import Office


@pytest.fixture
def office(sqlite: str) -> Office:
    return Office()
