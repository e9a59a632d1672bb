import pytest

from tests.unit.fetcher.town import Town


@pytest.fixture
def town(sqlite: str) -> Town:
    return Town()


@pytest.fixture
def either_town(database: str) -> Town:
    """On each of the databases."""
    return Town()
