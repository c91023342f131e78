"""API keys."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

from parlez.core.identity import Right

_PATTERN = re.compile(r"pz_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored, without its secret. Times are microseconds since 1970, UTC."""

    id: str
    account_id: str
    name: str
    rights: frozenset[Right]
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None

    def valid(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class KeySecret:
    """A key as its owner holds it: `pz_<id>_<secret>`, 256 random bits."""

    id: str
    secret: str

    def __repr__(self) -> str:
        return f"KeySecret({self.id!r})"

    @classmethod
    def generate(cls) -> "KeySecret":
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def parse(cls, text: str) -> "KeySecret | None":
        """The key in a credential; None if it is none of ours."""
        match = _PATTERN.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    def reveal(self) -> str:
        """The key in full. It is shown once, to whoever made it."""
        return f"pz_{self.id}_{self.secret}"

    def hash(self) -> str:
        """What is stored. The secret is random, so that one round of SHA-256 is enough."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, stored_hash: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.hash(), stored_hash)
