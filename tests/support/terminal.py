"""A terminal with a program in it."""

import contextlib
import os
import pty
import select
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

CTRL_C = "\x03"
CTRL_D = "\x04"

# Makes the terminal the one whose Ctrl-C reaches the program.
_LAUNCH = (
    "import fcntl, os, sys, termios; "
    "fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
)


class Terminal:
    def __init__(self, process: "subprocess.Popen[bytes]", end: int):
        self.process = process
        self._end = end
        self._unread = ""
        self.shown = ""

    @classmethod
    @contextmanager
    def running(cls, command: Sequence[str], environment: dict[str, str]) -> Iterator[Self]:
        end, other = pty.openpty()
        process = subprocess.Popen(
            [sys.executable, "-c", _LAUNCH, *command],
            stdin=other,
            stdout=other,
            stderr=other,
            env=environment,
            start_new_session=True,
        )
        os.close(other)
        with process:
            try:
                yield cls(process, end)
            finally:
                process.kill()
                os.close(end)

    def type(self, text: str) -> None:
        os.write(self._end, text.encode())

    def press_until(self, key: str, text: str) -> str:
        """Press a key like somebody who presses again where nothing happens, and read up to a text.

        Python's line editor overlooks a Ctrl-C that comes between its handling of one key and its
        waiting for the next, until another key is pressed.
        """
        for _ in range(20):
            self.type(key)
            with contextlib.suppress(AssertionError):
                return self.read_until(text, seconds=2)
        raise AssertionError(f"{key!r} does not lead to {text!r}")

    def read_until(self, text: str, seconds: float = 40) -> str:
        """What is shown up to and including a text, from where the last call ended."""
        deadline = time.monotonic() + seconds
        while text not in self._unread:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._end], [], [], left)[0]:
                raise AssertionError(f"{text!r} is not in {self._unread!r}")
            piece = self._read().decode()
            if not piece:
                raise AssertionError(f"it ended without {text!r}: {self._unread!r}")
            self._unread += piece.replace("\r\n", "\n")
            self.shown += piece
        found, _, self._unread = self._unread.partition(text)
        return found + text

    def _read(self) -> bytes:
        try:
            return os.read(self._end, 4096)
        except OSError:
            # How Linux says that nobody has the other end open any more.
            return b""
