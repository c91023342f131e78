"""How long things may take, and how often they may happen."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TurnLimits:
    """Bounds of one turn, in seconds.

    `first_token` and `between_tokens` watch streamed answers; an answer that is asked for whole
    has only `whole`. `flush` is the least time between two appends to the log.
    """

    first_token: float = 60.0
    between_tokens: float = 30.0
    whole: float = 600.0
    flush: float = 0.02


@dataclass(frozen=True, slots=True)
class CallLimit:
    """At most so many calls within any span of so many seconds."""

    calls: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """How a limit stands: calls that are left now, and seconds until there is one more."""

    limit: CallLimit
    left: int
    more_in: float


@dataclass(frozen=True, slots=True)
class Meter:
    """Whose calls are counted together, and how many there may be."""

    subject: str
    limits: tuple[CallLimit, ...]

    @property
    def longest_seconds(self) -> int:
        """How far back its calls matter."""
        return max(limit.seconds for limit in self.limits)
