from pathlib import Path

import pytest

from tests.unit.decisions.cases import Visitor, company, stop_clock


@pytest.fixture
def visitor(sqlite: str, tmp_path: Path) -> Visitor:
    """A Monday, one company, and somebody with a browser."""
    stop_clock(tmp_path)
    company()
    return Visitor()
