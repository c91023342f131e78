"""Passwords: hashed slowly, away from the event loop, and few at a time."""

import asyncio

from argon2 import PasswordHasher

from parlez.core.errors import InvalidInput

SHORTEST = 10
LONGEST = 1_000

AT_ONCE = 2
"""Each takes 64 MiB of memory and some tens of milliseconds of a core."""


class Passwords:
    """Argon2id with the parameters of RFC 9106 for little memory, which the library keeps."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hash(self, password: str) -> str:
        """What is stored of a password. Raises `InvalidInput` for one that is too short."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(f"A password has {SHORTEST} to {LONGEST:,} characters.")
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)
