"""What came of trying, whichever it was."""

from collections.abc import Callable
from typing import Any


def outcome(do: Callable[[], Any], *named: type[Exception]) -> Any:
    """What it returns, or the exception if it is one of those; any other is a failure of the test."""
    try:
        return do()
    except named as error:
        return error
