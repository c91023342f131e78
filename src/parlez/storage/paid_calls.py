"""Calls that cost money and are no turns, behind `core.ports.paid_call_store`."""

from collections.abc import Sequence

from parlez.core.identity import Scope
from parlez.core.paid_call import PaidCall
from parlez.storage import budgets, ledger, metered_calls
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlPaidCallStore:
    def __init__(self, database: Database):
        self._database = database

    async def charge(self, call: PaidCall) -> None:
        def charge(c: Connection) -> None:
            budgets.charge(c, call)
            ledger.put(c, call, estimated=True)

        await self._database.write(charge)

    async def settle(
        self, call: PaidCall, charged: PaidCall | None, subjects: Sequence[str]
    ) -> None:
        def settle(c: Connection) -> None:
            for subject in subjects:
                metered_calls.insert(c, call.scope, subject, call.id, call.created_at)
            ledger.put(c, call, estimated=False)
            if charged:
                excess = (charged.cost or 0) - (call.cost or 0)
                budgets.correct(c, call, charged.tokens - call.tokens, excess)

        await self._database.write(settle)

    async def name(self, scope: Scope, call_ids: Sequence[str], conversation_id: str) -> None:
        def name(c: Connection) -> None:
            for call_id in call_ids:
                ledger.name(c, scope, call_id, conversation_id)

        await self._database.write(name)

    async def refund(self, charged: PaidCall) -> None:
        def refund(c: Connection) -> None:
            ledger.remove(c, charged)
            budgets.correct(c, charged, charged.tokens, charged.cost or 0)

        await self._database.write(refund)
