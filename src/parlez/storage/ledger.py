"""The ledger as rows, and behind `core.ports.ledger_store`.

An entry outlives the conversation that it was made for.
"""

from sqlalchemy import text

from parlez.core.identity import Scope
from parlez.core.ledger import Grouping, UsageSum
from parlez.core.paid_call import PaidCall
from parlez.core.turns import Ending, Turn
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_INSERT = text("""
    INSERT INTO ledger_entry
        (account_id, id, key_id, conversation_id, model, state, prompt_tokens, completion_tokens,
         estimated, cost, microseconds, ended_at)
    VALUES
        (:account_id, :id, :key_id, :conversation_id, :model, :state, :prompt_tokens,
         :completion_tokens, :estimated, :cost, :microseconds, :now)
""")

_INSERT_CALL = text("""
    INSERT INTO ledger_entry
        (account_id, id, key_id, conversation_id, model, state, prompt_tokens, completion_tokens,
         estimated, cost, microseconds, ended_at, kind, units)
    VALUES
        (:account_id, :id, :key_id, :conversation_id, :model, 'completed', :prompt_tokens,
         :completion_tokens, :estimated, :cost, :microseconds, :ended_at, :kind, :units)
    ON CONFLICT (account_id, id) DO UPDATE
    SET prompt_tokens = :prompt_tokens, completion_tokens = :completion_tokens,
        estimated = :estimated, cost = :cost, microseconds = :microseconds, ended_at = :ended_at,
        units = :units
""")

_NAME = text("""
    UPDATE ledger_entry SET conversation_id = :conversation_id
    WHERE account_id = :account_id AND id = :id
""")

_REMOVE = text("DELETE FROM ledger_entry WHERE account_id = :account_id AND id = :id")

_GROUPS = {
    Grouping.MODEL: "model",
    Grouping.KEY: "key_id",
    Grouping.CONVERSATION: "conversation_id",
    Grouping.KIND: "kind",
    Grouping.DAY: "ended_at - ended_at % 86400000000",
}

_DAYS = "1 DESC"
_MOST = "sum(prompt_tokens + completion_tokens) DESC, count(*) DESC"

_SUMS = {
    by: text(f"""
        SELECT {group}, sum(CASE kind WHEN 'turn' THEN 1 ELSE 0 END), sum(prompt_tokens),
            sum(completion_tokens), coalesce(sum(cost), 0),
            sum(CASE WHEN cost IS NULL THEN 1 ELSE 0 END), sum(estimated),
            sum(microseconds), count(*), sum(units)
        FROM ledger_entry
        WHERE account_id = :account_id AND ended_at >= :since AND ended_at < :until
        GROUP BY 1
        ORDER BY {_DAYS if by is Grouping.DAY else _MOST}
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
        return [_read(row) for row in rows]


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


def put(c: Connection, call: PaidCall, *, estimated: bool) -> None:
    """Enter a call, or what it came to once that is known."""
    c.do(
        _INSERT_CALL,
        account_id=call.scope.account_id,
        id=call.id,
        key_id=call.key_id,
        conversation_id=call.conversation_id,
        model=call.model,
        prompt_tokens=call.usage.prompt_tokens,
        completion_tokens=call.usage.completion_tokens,
        estimated=int(estimated or call.usage.estimated),
        cost=call.cost,
        microseconds=int(call.seconds * 1_000_000),
        ended_at=call.created_at,
        kind=call.kind,
        units=call.units,
    )


def name(c: Connection, scope: Scope, call_id: str, conversation_id: str) -> None:
    c.do(_NAME, account_id=scope.account_id, id=call_id, conversation_id=conversation_id)


def remove(c: Connection, call: PaidCall) -> None:
    c.do(_REMOVE, account_id=call.scope.account_id, id=call.id)


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


def _read(row: Row) -> UsageSum:
    # PostgreSQL adds integers up to decimals.
    turns, prompt, completion, cost, unpriced, estimated, microseconds, calls, units = map(
        int, row[1:]
    )
    return UsageSum(
        group=row[0],
        turns=turns,
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=cost,
        unpriced=unpriced,
        estimated=estimated,
        seconds=microseconds / 1_000_000,
        calls=calls,
        units=units,
    )
