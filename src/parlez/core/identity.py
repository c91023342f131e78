"""Who is asking, and how far they can see."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller can reach: one account's data. Every query takes one; what lies outside it
    does not exist for the caller."""

    account_id: str


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `key_id` names the API key used; None is the local owner."""

    scope: Scope
    key_id: str | None = None
