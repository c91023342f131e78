"""A call that costs money and is no turn."""

from dataclasses import dataclass, field, replace
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum

from parlez.core.events import Usage
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.prices import Price, cost


class CallKind(StrEnum):
    """What the ledger's entries are for. Beside tokens, each kind counts units of its own."""

    TURN = "turn"
    """No units."""
    EMBEDDING = "embedding"
    """Texts."""
    SEARCH = "search"
    """No units; its tokens are those of embedding what was asked."""
    TRANSCRIPTION = "transcription"
    """Milliseconds of sound."""
    SPEECH = "speech"
    """Characters that were spoken."""


@dataclass(frozen=True, slots=True)
class PaidCall:
    """What a call uses: at most, before it is made, and really, once it has been.

    `model` is who does the work. `unit_price` is in micro-dollars for each unit, and `price` for
    tokens; None is not known. `conversation_id` is empty where the call has nothing to do with one.
    `created_at` is in microseconds since 1970, UTC.
    """

    scope: Scope
    key_id: str | None
    kind: CallKind
    model: str
    created_at: int
    price: Price | None
    usage: Usage = Usage(0, 0)
    units: int = 0
    unit_price: Decimal | int | None = 0
    seconds: float = 0.0
    conversation_id: str = ""
    id: str = field(default_factory=new_id)

    @property
    def tokens(self) -> int:
        return self.usage.prompt_tokens + self.usage.completion_tokens

    @property
    def cost(self) -> int | None:
        """In micro-dollars; None where that is not known."""
        of_tokens = cost(self.usage, self.price) if self.tokens else 0
        if of_tokens is None or (self.unit_price is None and self.units):
            return None
        of_units = Decimal(self.units * (self.unit_price or 0))
        return of_tokens + int(of_units.to_integral_value(ROUND_CEILING))

    def used(self, tokens: int, units: int, seconds: float) -> "PaidCall":
        """The same call, once it is known what it used."""
        return replace(self, usage=Usage(tokens, 0), units=units, seconds=seconds)
