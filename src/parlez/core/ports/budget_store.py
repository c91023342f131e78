"""Where budgets live: one method per transaction.

What turns set aside and spend is written by `TurnStore.start` and `TurnStore.end`, in the
transactions of the turns.
"""

from collections.abc import Sequence
from typing import Protocol

from parlez.core.budget import Budget, Period, Unit
from parlez.core.identity import Scope


class BudgetStore(Protocol):
    async def accounts(self) -> set[str]:
        """The ids of all accounts that have a budget."""
        ...

    async def list(self, scope: Scope, now: int) -> Sequence[Budget]:
        """An account's budgets as they stand, oldest first."""
        ...

    async def set(
        self,
        scope: Scope,
        key_id: str | None,
        unit: Unit,
        period: Period,
        amount: int,
        now: int,
    ) -> Budget:
        """Raises `NotFound` if there is no such key."""
        ...

    async def remove(self, scope: Scope, budget_id: str) -> None:
        """Raises `NotFound`."""
        ...
