"""How child processes begin."""

import contextlib
import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9

leave_group = getattr(os, "setpgrp", None)
"""The `preexec_fn` of every child: it leaves the terminal's group of processes before it runs, so
that a Ctrl-C there is left to the parent, which still finishes what it began. None where there are
no such groups."""


def be_child(niceness: int) -> None:
    """What a child does first: end with the parent, whatever there is to be done, and leave the
    processor to whatever is less nice.

    A child stays in its parent's session. Linux may share the processor between sessions first, and
    only within each of them by niceness: see "The autogroup feature" in sched(7).
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.name == "posix":
        os.nice(niceness)
