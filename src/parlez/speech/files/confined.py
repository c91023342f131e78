"""What a process does that looks at files of strangers, before it looks."""

import contextlib
import os
import resource
import sys

_NICENESS = 10
_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def confine(memory_bytes: int, seconds: int) -> None:
    """Die with the parent, step back, write no file, and take no more than this."""
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    os.nice(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with contextlib.suppress(ValueError, OSError):
        # Not every system keeps to it.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
