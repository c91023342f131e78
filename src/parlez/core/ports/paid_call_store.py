"""What is remembered of calls that cost money and are no turns: one method per transaction."""

from collections.abc import Sequence
from typing import Protocol

from parlez.core.identity import Scope
from parlez.core.paid_call import PaidCall


class PaidCallStore(Protocol):
    async def charge(self, call: PaidCall) -> None:
        """Spend what a call may cost at most out of its budgets, and enter that as estimated.
        Raises `BudgetExceeded`, and `Forbidden` where nobody knows what it may cost."""
        ...

    async def settle(
        self, call: PaidCall, charged: PaidCall | None, subjects: Sequence[str]
    ) -> None:
        """Enter a call that was made, in the place of what it was charged before, if it was, and
        count it for the meters with these subjects."""
        ...

    async def name(self, scope: Scope, call_ids: Sequence[str], conversation_id: str) -> None:
        """Enter which conversation calls of an account were made for; those that are not in the
        ledger are passed over."""
        ...

    async def refund(self, charged: PaidCall) -> None:
        """Undo a charge: the call came to nothing."""
        ...
