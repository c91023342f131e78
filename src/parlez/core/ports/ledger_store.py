"""The ledger of what was used."""

from collections.abc import Sequence
from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.ledger import Grouping, UsageSum


class LedgerStore(Protocol):
    async def sums(
        self, scope: Scope, since: int, until: int, by: Grouping, limit: int
    ) -> Sequence[UsageSum]:
        """The entries from `since` up to, and not including, `until` (microseconds since 1970,
        UTC), added up: the groups with the most tokens, at most so many, the newest days first.
        Entries are added by `TurnStore.end`, in the transaction that ends a turn, and by
        `PaidCallStore`; they outlive their conversation."""
        ...
