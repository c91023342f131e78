"""What a process does that looks at files of strangers, before it looks."""

import contextlib
import resource

from parlez.core.child_process import be_child

_NICENESS = 10


def confine(memory_bytes: int, seconds: int) -> None:
    """Die with the parent, step back, write no file, and take no more than this."""
    be_child(_NICENESS)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    with contextlib.suppress(ValueError, OSError):
        # Not every system keeps to it.
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
