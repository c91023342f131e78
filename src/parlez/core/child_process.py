"""What a child process does first."""

import contextlib
import os
import sys

_PR_SET_PDEATHSIG = 1
_SIGKILL = 9


def be_child(niceness: int) -> None:
    """End with the parent, whatever there is to be done; leave Ctrl-C at the terminal to it; and
    leave the processor to whatever is less nice.

    A child stays in its parent's session. Linux may share the processor between sessions first, and
    only within each of them by niceness: see "The autogroup feature" in sched(7).
    """
    if sys.platform == "linux":
        import ctypes

        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
    if os.name == "posix":
        os.setpgid(0, 0)
        os.nice(niceness)
