import pytest

from tests.unit.fetcher.town import Town


@pytest.fixture
def town(sqlite: str) -> Town:
    return Town()
