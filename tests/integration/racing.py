"""Several things at the same moment."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any


def at_once(*work: Callable[[], Any]) -> list[Any]:
    """What each of them returned or raised."""
    gate = threading.Barrier(len(work))

    def run(one: Callable[[], Any]) -> Any:
        gate.wait()
        try:
            return one()
        except Exception as error:  # noqa: BLE001 - the error is the result
            return type(error)

    with ThreadPoolExecutor(len(work)) as threads:
        return list(threads.map(run, work))
