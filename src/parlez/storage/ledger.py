"""The ledger as rows, and behind `core.ports.ledger_store`.

An entry outlives the conversation that it was made for.
"""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.ledger import Grouping, UsageSum
from parlez.core.turns import Ending, Turn
from parlez.storage.connection import Connection
from parlez.storage.database import Database

_INSERT = text("""
    INSERT INTO ledger_entry
        (account_id, id, key_id, conversation_id, model, state, prompt_tokens, completion_tokens,
         estimated, cost, microseconds, ended_at)
    VALUES
        (:account_id, :id, :key_id, :conversation_id, :model, :state, :prompt_tokens,
         :completion_tokens, :estimated, :cost, :microseconds, :now)
""")

_GROUPS = {
    Grouping.MODEL: "model",
    Grouping.KEY: "key_id",
    Grouping.CONVERSATION: "conversation_id",
    Grouping.DAY: "ended_at - ended_at % 86400000000",
}

_SUMS = {
    by: text(f"""
        SELECT {group}, count(*), sum(prompt_tokens), sum(completion_tokens),
            coalesce(sum(cost), 0), sum(CASE WHEN cost IS NULL THEN 1 ELSE 0 END), sum(estimated),
            sum(microseconds)
        FROM ledger_entry
        WHERE account_id = :account_id AND ended_at >= :since AND ended_at < :until
        GROUP BY 1
        ORDER BY {"1 DESC" if by is Grouping.DAY else "sum(prompt_tokens + completion_tokens) DESC"}
        LIMIT :limit
    """)
    for by, group in _GROUPS.items()
}

_SPENT = text("""
    SELECT coalesce(sum(prompt_tokens + completion_tokens), 0), coalesce(sum(cost), 0)
    FROM ledger_entry
    WHERE account_id = :account_id AND ended_at >= :since
        AND (key_id = :key_id OR :whole_account = 1)
""")


class SqlLedgerStore:
    def __init__(self, database: Database):
        self._database = database

    async def sums(
        self, scope: Scope, since: int, until: int, by: Grouping, limit: int
    ) -> list[UsageSum]:
        rows = await self._database.read(
            lambda c: c.all(
                _SUMS[by], account_id=scope.account_id, since=since, until=until, limit=limit
            )
        )
        # PostgreSQL adds integers up to decimals.
        return [
            UsageSum(row[0], *map(int, row[1:7]), int(row[7]) / 1_000_000)  # type: ignore[call-arg]
            for row in rows
        ]


def insert(c: Connection, turn: Turn, ending: Ending, now: int) -> None:
    usage = ending.usage
    if usage is None:
        return
    c.do(
        _INSERT,
        account_id=turn.scope.account_id,
        id=turn.id,
        key_id=turn.key_id,
        conversation_id=turn.conversation_id,
        model=ending.model or turn.model,
        state=ending.state,
        prompt_tokens=usage.prompt_tokens,
        completion_tokens=usage.completion_tokens,
        estimated=int(usage.estimated),
        cost=ending.cost,
        microseconds=int(ending.seconds * 1_000_000),
        now=now,
    )


def spent(c: Connection, scope: Scope, key_id: str | None, since: int) -> tuple[int, int]:
    """Tokens and micro-dollars that an account, or one of its keys, has spent since a time."""
    row = c.one(
        _SPENT,
        account_id=scope.account_id,
        since=since,
        key_id=key_id or "",
        whole_account=int(key_id is None),
    )
    assert row is not None
    return int(row[0]), int(row[1])
