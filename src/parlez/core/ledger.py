"""What was used, added up."""

from dataclasses import dataclass
from enum import StrEnum


class Grouping(StrEnum):
    """What the ledger's entries are added up by."""

    MODEL = "model"
    KEY = "key"
    CONVERSATION = "conversation"
    DAY = "day"
    KIND = "kind"


@dataclass(frozen=True, slots=True)
class UsageSum:
    """Entries of one group, added up.

    `group` is the model's name, the key's or the conversation's id, the kind of call, or the start
    of the day (UTC) in microseconds since 1970; None gathers what was asked without a key. `calls`
    counts all entries, and `turns` those of turns. `cost` is in
    micro-dollars and leaves out the `unpriced` entries, whose price is not known; `estimated`
    counts the entries whose tokens no vendor reported. `seconds` is the time that the models took,
    and `units` what the kinds count beside tokens (`core.paid_call`).
    """

    group: str | int | None
    turns: int
    prompt_tokens: int
    completion_tokens: int
    cost: int
    unpriced: int
    estimated: int
    seconds: float
    calls: int = 0
    units: int = 0
