"""Passwords: hashed slowly, away from the event loop, and few at a time."""

import asyncio
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

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
        self._decoy: str | None = None

    async def hash(self, password: str) -> str:
        """What is stored of a password. Raises `InvalidInput` for one that is too short."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise InvalidInput(
                f"A password has {SHORTEST} to {LONGEST:,} characters.", param="password"
            )
        async with self._turns:
            return await asyncio.to_thread(self._hasher.hash, password)

    async def check(self, password: str, stored: str | None) -> bool:
        """Whether a password is the one of which this is stored. Without anything stored it is not,
        which takes as long to say."""
        async with self._turns:
            return await asyncio.to_thread(self._check, password, stored)

    def _check(self, password: str, stored: str | None) -> bool:
        # Made at the first check, whoever that is for.
        self._decoy = self._decoy or self._hasher.hash(secrets.token_hex())
        try:
            self._hasher.verify(stored or self._decoy, password)
        except VerificationError:
            return False
        return stored is not None
