"""How long things may take, in seconds."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Bounds of one turn.

    `first_token` and `between_tokens` watch streamed answers; an answer that is asked for whole
    has only `whole`. `flush` is the least time between two appends to the log.
    """

    first_token: float = 60.0
    between_tokens: float = 30.0
    whole: float = 600.0
    flush: float = 0.02
