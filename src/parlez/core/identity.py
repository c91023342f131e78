"""Who is asking, and how far they can see."""

from dataclasses import dataclass
from enum import StrEnum

from parlez.core.errors import Forbidden
from parlez.core.limits import Meter


@dataclass(frozen=True, slots=True)
class Scope:
    """What a caller can reach: one account's data. Every query takes one; what lies outside it
    does not exist for the caller."""

    account_id: str


class Right(StrEnum):
    """What a key may be used for."""

    DATA = "data"
    KEYS = "keys"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True)
class Caller:
    """An authenticated caller. `key_id` names the API key used; None is the local owner. `meter`
    is how its turns are counted; None is without limit."""

    scope: Scope
    rights: frozenset[Right]
    key_id: str | None = None
    meter: Meter | None = None

    def require(self, right: Right) -> None:
        """Raises `Forbidden` for a caller without a right."""
        if right not in self.rights:
            raise Forbidden(f"This key may not be used for that: it lacks the scope '{right}'.")
