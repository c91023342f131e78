"""Sessions: what a browser holds after its user has signed in."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field

from parlez.core.identity import Standing

_TOKEN = re.compile(r"([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Session:
    """A session as stored, without its secret. Times are microseconds since 1970, UTC. It ends at
    `expires_at`, which moves on while it is used, but not for ever."""

    id: str
    account_id: str
    created_at: int
    last_used_at: int
    expires_at: int


@dataclass(frozen=True, slots=True)
class StoredSession:
    """A session with what it takes to check it."""

    session: Session
    secret_hash: str
    standing: Standing

    @property
    def account_id(self) -> str:
        return self.session.account_id


@dataclass(frozen=True, slots=True)
class SessionSecret:
    """A session as its browser holds it; `id` is how it is looked up, and no secret."""

    id: str
    secret: str = field(repr=False)

    @classmethod
    def make(cls) -> "SessionSecret":
        """A new one, with 256 random bits."""
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> "SessionSecret | None":
        """The one in a cookie; None if it is none that was made here."""
        match = _TOKEN.fullmatch(text)
        return cls(match[1], match[2]) if match else None

    @property
    def text(self) -> str:
        """What is in the cookie."""
        return f"{self.id}_{self.secret}"

    @property
    def csrf_token(self) -> str:
        """What a page of ours sends beside the cookie, and a foreign one cannot know. It follows
        from the secret, and the secret does not follow from it."""
        return hmac.new(self.secret.encode(), b"csrf", hashlib.sha256).hexdigest()

    def hash(self) -> str:
        """What is stored. The secret is random, so that one round of SHA-256 is enough."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, stored_hash: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.hash(), stored_hash)

    def matches_csrf(self, token: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.csrf_token.encode(), token.encode())
