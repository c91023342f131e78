"""API keys, in both their spellings."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from parlez.core.identity import Right, Standing

_PARLEZ = re.compile(r"pz_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_TOKEN = re.compile(r"pzt_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_TRUESYNC = re.compile(r"TrueSyncAI-([0-9a-f]{16})([0-9a-f]{16})-([0-9a-f]{16})")


class KeyKind(StrEnum):
    """How a key is spelled, on which its limits depend. A token is had for a password, and ends by
    itself when nobody uses it."""

    PARLEZ = "parlez"
    TOKEN = "token"  # noqa: S105 - a word and no secret
    TRUESYNC = "truesync"


@dataclass(frozen=True, slots=True)
class ApiKey:
    """A key as stored, without its secret. Times are microseconds since 1970, UTC."""

    id: str
    account_id: str
    name: str
    kind: KeyKind
    rights: frozenset[Right]
    created_at: int
    expires_at: int | None
    last_used_at: int | None
    revoked_at: int | None

    def valid(self, now: int) -> bool:
        return self.revoked_at is None and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with what it takes to check it: the hash of its secret, what its account may do, and
    whether somebody can sign in to that."""

    key: ApiKey
    secret_hash: str
    standing: Standing
    has_login: bool

    @property
    def account_id(self) -> str:
        return self.key.account_id


@dataclass(frozen=True, slots=True)
class KeySecret:
    """A key as its owner holds it; `id` is how it is looked up, and no secret."""

    id: str
    secret: str = field(repr=False)
    kind: KeyKind
    text: str = field(repr=False)
    """The key in full. It is shown once, to whoever made it."""

    def hash(self) -> str:
        """What is stored. The secret is random, so that one round of SHA-256 is enough."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def matches(self, stored_hash: str) -> bool:
        """Compare in constant time."""
        return hmac.compare_digest(self.hash(), stored_hash)


class KeyMint:
    """Makes keys and reads them. `signing_secret` is the server's own: a TrueSync key is signed
    with it, so that a forged one is refused without a look-up.

    A Parlez key is `pz_<id>_<secret>` with 256 random bits, and a token the same with `pzt`. A
    TrueSync key is `TrueSyncAI-<random>-<signature>`: 32 hex digits, of which the first half is its
    id and the second its secret, and the first 16 of their HMAC-SHA256.
    """

    def __init__(self, signing_secret: bytes):
        self._signing_secret = signing_secret

    def make(self, kind: KeyKind) -> KeySecret:
        """A new key."""
        key_id = secrets.token_hex(8)
        if kind is not KeyKind.TRUESYNC:
            secret = secrets.token_urlsafe(32)
            prefix = "pz" if kind is KeyKind.PARLEZ else "pzt"
            return KeySecret(key_id, secret, kind, f"{prefix}_{key_id}_{secret}")
        secret = secrets.token_hex(8)
        random = key_id + secret
        text = f"TrueSyncAI-{random}-{self._sign(random)}"
        return KeySecret(key_id, secret, kind, text)

    def read(self, text: str) -> KeySecret | None:
        """The key in a credential; None if it is none that was made here."""
        if match := _PARLEZ.fullmatch(text):
            return KeySecret(match[1], match[2], KeyKind.PARLEZ, text)
        if match := _TOKEN.fullmatch(text):
            return KeySecret(match[1], match[2], KeyKind.TOKEN, text)
        match = _TRUESYNC.fullmatch(text)
        if match and hmac.compare_digest(match[3], self._sign(match[1] + match[2])):
            return KeySecret(match[1], match[2], KeyKind.TRUESYNC, text)
        return None

    def _sign(self, random: str) -> str:
        return hmac.new(self._signing_secret, random.encode(), hashlib.sha256).hexdigest()[:16]
