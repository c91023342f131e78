"""Where turns live: one method per transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlez.core.events import Numbered
from parlez.core.identity import Scope
from parlez.core.messages import Message
from parlez.core.turns import EndedTurn, Ending, IdempotencyKey, Payer, Turn, TurnRequest


@dataclass(frozen=True, slots=True)
class Started:
    """The turn that answers a request. `created` is false where an idempotency key named one that
    was there already."""

    turn: Turn
    created: bool


@dataclass(frozen=True, slots=True)
class Branch:
    """The end of a branch, oldest message first; `earlier` counts those further back."""

    messages: list[Message]
    earlier: int


class TurnStore(Protocol):
    """Every method raises `StorageError` when the database refuses, and has then done nothing; or
    everything, where a connection broke so that nobody can tell.

    What a method returned is on disk.
    """

    async def start(
        self,
        scope: Scope,
        request: TurnRequest,
        model: str,
        key: IdempotencyKey | None,
        payer: Payer,
    ) -> Started:
        """Store the user message, an empty answer and the turn, running if its conversation is
        idle and queued if not, count it for its payer, and set aside what it may cost.

        With a key that is known: the turn it names, if that is not failed or interrupted; else a
        new attempt, whose answer takes the place of the old one. Raises `NotFound`, `QueueFull`,
        `IdempotencyMismatch`, `BudgetExceeded`, and `Forbidden` for a budget that cannot be kept.
        """
        ...

    async def append(self, turn: Turn, events: Sequence[Numbered]) -> None:
        """Add events to the log. Raises `Conflict` if the turn is not running any more."""
        ...

    async def end(self, turn: Turn, ending: Ending) -> Turn | None:
        """End a running turn, enter what it used into the ledger, and start the next one of its
        conversation, which is returned.

        Nothing happens to a turn that has ended, or was deleted: its first end stands.
        """
        ...

    async def stop_queued(self, scope: Scope, turn_id: str) -> bool:
        """End a turn that waits; its message joins the conversation. False if it waits no more."""
        ...

    async def find(self, scope: Scope, turn_id: str) -> Turn:
        """Raises `NotFound`."""
        ...

    async def answer(self, scope: Scope, turn_id: str) -> EndedTurn:
        """A turn with the text stored for it so far. Raises `NotFound`."""
        ...

    async def cut_short(self, scope: Scope, turn_id: str, said: str) -> EndedTurn:
        """Keep only `said`, the beginning of the answer of a turn that has ended, which then counts
        as stopped. Raises `NotFound`, and `InvalidInput` for what is not its beginning."""
        ...

    async def events(
        self, scope: Scope, turn_id: str, after: int, limit: int
    ) -> Sequence[Numbered]:
        """The next logged events with greater numbers than `after`, in order: at most so many, and
        fewer if they are long; none at the end, or once pruned."""
        ...

    async def path(self, scope: Scope, message_id: str, characters: int) -> Branch:
        """The branch that ends with a message, without empty messages, back to where it has as
        many characters as asked for."""
        ...

    async def open_turns(self) -> list[Turn]:
        """Every turn of every account that waits or runs, for the engine to look after."""
        ...

    async def interrupt(self, turn: Turn, reason: str) -> Turn | None:
        """End a running turn that nobody works on, keeping the text that was logged, and start the
        next one of its conversation, which is returned. What it used is guessed."""
        ...

    async def interrupt_open(self, reason: str) -> int:
        """Mark all that runs or waits as interrupted, keeping what was logged; how many."""
        ...

    async def probe(self) -> str:
        """A word on how the store is. Raises `StorageError` if it cannot be read or written."""
        ...

    async def prune(self, ended_before: int, keys_before: int, calls_before: int) -> None:
        """Drop the logs of turns that ended, idempotency keys that were sent, and counted calls
        that were made before a time."""
        ...
