"""Processes that a test has started."""

import os
from pathlib import Path


def children() -> set[int]:
    """The ids of those that were started by the main thread of this one."""
    return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
