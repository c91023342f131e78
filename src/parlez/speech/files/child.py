"""Starting a process that looks at one file."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, Process
from importlib.util import find_spec

from parlez.core.child_process import leave_group
from parlez.core.errors import ModelUnavailable

MEMORY_BYTES = 1024**3

_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "SYSTEMROOT", "PYTHONHOME", "LD_LIBRARY_PATH")


async def start(module: str) -> Process:
    """Raises `ModelUnavailable` where files of sound cannot be handled."""
    if find_spec("av") is None:
        raise ModelUnavailable(
            "What reads and writes files of sound is not installed: pip install 'parlez[speech]'."
        )
    return await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        "-m",
        module,
        stdin=PIPE,
        stdout=PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        # No key of a vendor's has any business there.
        env={
            **{name: os.environ[name] for name in _ENVIRONMENT if name in os.environ},
            "PYTHONPATH": ":".join(filter(None, sys.path)),
            "PYTHONWARNINGS": "ignore",
        },
        preexec_fn=leave_group,
    )


async def end(process: Process) -> int:
    """Kill it if it still runs; how it ended."""
    if process.returncode is None:
        process.kill()
    return await process.wait()
