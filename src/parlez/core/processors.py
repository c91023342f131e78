"""How many processors there are to compute with."""

import os

_MOST_THREADS = 4


def computing_threads(wanted: int | None) -> int:
    """Threads for an engine: as many as were asked for, or else as there are processors that this
    process may run on, which may be fewer than the machine has, up to four."""
    return wanted or min(_usable(), _MOST_THREADS)


def _usable() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
