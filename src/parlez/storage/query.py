"""Running a query for somebody who waits on the event loop."""

from collections.abc import Callable
from typing import TypeVar

from parlez.storage.connection import Connection

T = TypeVar("T")


def run_query(query: Callable[[Connection], T], c: Connection) -> T:
    """What a query returns. Raises what it raises, but a `RuntimeError` for a `StopIteration`: no
    future takes one, and whoever waits would wait forever."""
    try:
        return query(c)
    except StopIteration as error:
        raise RuntimeError("a query raised StopIteration") from error
