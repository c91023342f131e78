"""Budgets as rows, and behind `core.ports.budget_store`."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import text

from parlez.core.budget import Budget, Period, Unit
from parlez.core.errors import BudgetExceeded, Forbidden, NotFound
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.paid_call import PaidCall
from parlez.core.reserve import Reserve, Reserved
from parlez.core.turns import Ending, Turn
from parlez.storage import earlier_tokens, ledger
from parlez.storage.connection import Connection, Row
from parlez.storage.database import Database

_COLUMNS = "id, key_id, unit, period, amount, spent, reserved, period_start"

_ACCOUNTS = text("SELECT DISTINCT account_id FROM budget")
_LIST = text(f"""
    SELECT {_COLUMNS} FROM budget WHERE account_id = :account_id ORDER BY created_at, id
""")
_SET = text(f"""
    INSERT INTO budget
        (account_id, id, key_id, unit, period, amount, spent, reserved, period_start, created_at)
    VALUES
        (:account_id, :id, :key_id, :unit, :period, :amount, :spent, 0, :period_start, :now)
    ON CONFLICT (account_id, key_id, unit, period) DO UPDATE SET amount = :amount
    RETURNING {_COLUMNS}
""")
_COPY = text("""
    INSERT INTO budget
        (account_id, id, key_id, unit, period, amount, spent, reserved, period_start, created_at)
    SELECT account_id, :new_id, :to_key, unit, period, amount, spent, 0, period_start, :now
    FROM budget WHERE account_id = :account_id AND id = :id
""")
_REMOVE = text("DELETE FROM budget WHERE account_id = :account_id AND id = :id")
_KEY = text("SELECT 1 FROM api_key WHERE account_id = :account_id AND id = :id")

# In one order, so that two transactions never wait for each other.
_OF_TURN = text(f"""
    SELECT {_COLUMNS}, created_at FROM budget
    WHERE account_id = :account_id AND key_id IN ('', :key_id) ORDER BY id
""")
_RESERVE = text("""
    UPDATE budget
    SET spent = CASE WHEN period_start = :start THEN spent ELSE 0 END, period_start = :start,
        reserved = reserved + :more
    WHERE account_id = :account_id AND id = :id
        AND CASE WHEN period_start = :start THEN spent ELSE 0 END + reserved + :more <= amount
""")
_SETTLE = text("""
    UPDATE budget
    SET spent = CASE WHEN period_start = :start THEN spent ELSE 0 END + :spent,
        period_start = :start, reserved = reserved - :reserved
    WHERE account_id = :account_id AND id = :id
""")

_CHARGE = text("""
    UPDATE budget
    SET spent = CASE WHEN period_start = :start THEN spent ELSE 0 END + :more, period_start = :start
    WHERE account_id = :account_id AND id = :id
        AND CASE WHEN period_start = :start THEN spent ELSE 0 END + reserved + :more <= amount
""")
_CORRECT = text("""
    UPDATE budget SET spent = spent + :more
    WHERE account_id = :account_id AND id = :id AND period_start = :start
""")

_NOTE = text("""
    UPDATE turn SET reserved_tokens = :reserved_tokens, reserved_cost = :reserved_cost
    WHERE account_id = :account_id AND id = :id
""")


class SqlBudgetStore:
    def __init__(self, database: Database):
        self._database = database

    async def accounts(self) -> set[str]:
        return {row[0] for row in await self._database.read(lambda c: c.all(_ACCOUNTS))}

    async def list(self, scope: Scope, now: int) -> list[Budget]:
        rows = await self._database.read(lambda c: c.all(_LIST, account_id=scope.account_id))
        return [_read(row, now) for row in rows]

    async def set(
        self, scope: Scope, key_id: str | None, unit: Unit, period: Period, amount: int, now: int
    ) -> Budget:
        return await self._database.write(
            lambda c: _set(c, scope, key_id, unit, period, amount, now)
        )

    async def remove(self, scope: Scope, budget_id: str) -> None:
        if not await self._database.write(
            lambda c: c.run(_REMOVE, account_id=scope.account_id, id=budget_id)
        ):
            raise NotFound("There is no such budget.")


def reserve(c: Connection, turn: Turn, reckon: Callable[[Turn], Reserve]) -> Turn:
    """Set aside what a turn, which has just been stored, may cost. Raises `BudgetExceeded`, and
    `Forbidden` where nobody knows what it may cost."""
    account_id = turn.scope.account_id
    asked = reckon(turn)
    reserved = asked.most(earlier_tokens.of(c, turn, asked.room))
    for budget in c.all(_OF_TURN, account_id=account_id, key_id=turn.key_id or ""):
        _reserve(c, turn, budget, reserved)
    c.do(
        _NOTE,
        account_id=account_id,
        id=turn.id,
        reserved_tokens=reserved.tokens,
        reserved_cost=reserved.cost,
    )
    return replace(turn, reserved=reserved)


def copy(c: Connection, scope: Scope, from_key: str, to_key: str, now: int) -> None:
    """Bound a new key as another one is bound, what that has spent included."""
    for row in c.all(_LIST, account_id=scope.account_id):
        if row[1] == from_key:
            c.do(
                _COPY,
                account_id=scope.account_id,
                id=row[0],
                new_id=new_id(),
                to_key=to_key,
                now=now,
            )


def settle(c: Connection, turn: Turn, ending: Ending, now: int) -> None:
    """Give back what was set aside for a turn, and write down what it spent."""
    if turn.reserved is None:
        return
    usage = ending.usage
    tokens = usage.prompt_tokens + usage.completion_tokens if usage else 0
    for row in c.all(_OF_TURN, account_id=turn.scope.account_id, key_id=turn.key_id or ""):
        of_tokens = Unit(row[2]) is Unit.TOKENS
        reserved = turn.reserved.tokens if of_tokens else turn.reserved.cost
        c.do(
            _SETTLE,
            account_id=turn.scope.account_id,
            id=row[0],
            start=Period(row[3]).start(now),
            spent=tokens if of_tokens else ending.cost or 0,
            # A budget that is younger than the turn has set nothing aside for it.
            reserved=(reserved or 0) if row[8] <= turn.created_at else 0,
        )


def charge(c: Connection, call: PaidCall) -> None:
    """Spend what a call may cost at most, before it is made. Raises `BudgetExceeded`, and
    `Forbidden` where nobody knows what it may cost."""
    now = call.created_at
    for row in c.all(_OF_TURN, account_id=call.scope.account_id, key_id=call.key_id or ""):
        more = _known(call.tokens if Unit(row[2]) is Unit.TOKENS else call.cost)
        start = Period(row[3]).start(now)
        if not c.run(_CHARGE, account_id=call.scope.account_id, id=row[0], start=start, more=more):
            raise _exceeded(_read(row, now), more, now)


def correct(c: Connection, call: PaidCall, tokens: int, cost: int) -> None:
    """Take back what a call was charged in excess, in the periods that it was charged in."""
    for row in c.all(_OF_TURN, account_id=call.scope.account_id, key_id=call.key_id or ""):
        if row[8] <= call.created_at:
            c.do(
                _CORRECT,
                account_id=call.scope.account_id,
                id=row[0],
                start=Period(row[3]).start(call.created_at),
                more=-(tokens if Unit(row[2]) is Unit.TOKENS else cost),
            )


def _known(more: int | None) -> int:
    if more is None:
        raise Forbidden(
            "The price of this model is not known, so that a budget of cost cannot be kept with "
            "it. Ask another model, or give its price in the file of models."
        )
    return more


def _reserve(c: Connection, turn: Turn, row: Row, reserved: Reserved) -> None:
    now = turn.created_at
    more = _known(reserved.tokens if Unit(row[2]) is Unit.TOKENS else reserved.cost)
    start = Period(row[3]).start(now)
    if not c.run(_RESERVE, account_id=turn.scope.account_id, id=row[0], start=start, more=more):
        raise _exceeded(_read(row, now), more, now)


def _set(
    c: Connection,
    scope: Scope,
    key_id: str | None,
    unit: Unit,
    period: Period,
    amount: int,
    now: int,
) -> Budget:
    if key_id is not None and c.one(_KEY, account_id=scope.account_id, id=key_id) is None:
        raise NotFound("There is no such key.")
    start = period.start(now)
    tokens, cost = ledger.spent(c, scope, key_id, start)
    row = c.one(
        _SET,
        account_id=scope.account_id,
        id=new_id(),
        key_id=key_id or "",
        unit=unit,
        period=period,
        amount=amount,
        spent=tokens if unit is Unit.TOKENS else cost,
        period_start=start,
        now=now,
    )
    assert row is not None
    return _read(row, now)


def _read(row: Row, now: int) -> Budget:
    period = Period(row[3])
    return Budget(
        id=row[0],
        key_id=row[1] or None,
        unit=Unit(row[2]),
        period=period,
        amount=row[4],
        spent=row[5] if row[7] == period.start(now) else 0,
        reserved=row[6],
        resets_at=period.end(now),
    )


def _exceeded(budget: Budget, more: int, now: int) -> BudgetExceeded:
    whose = "this key" if budget.key_id else "this account"
    until = datetime.fromtimestamp(budget.resets_at / 1_000_000, UTC)
    amount, spent, reserved, asked = (
        _say(each, budget.unit) for each in (budget.amount, budget.spent, budget.reserved, more)
    )
    return BudgetExceeded(
        f"The budget of {whose} for this {budget.period} does not reach: of {amount}, {spent} are "
        f"spent and {reserved} set aside, and this call may cost up to {asked}. A shorter answer "
        f"('max_tokens') needs less; the budget begins anew at {until:%Y-%m-%d %H:%M} UTC.",
        retry_after=(budget.resets_at - now) / 1_000_000,
        reset_at=budget.resets_at,
    )


def _say(amount: int, unit: Unit) -> str:
    return f"{amount:,} tokens" if unit is Unit.TOKENS else f"${amount / 1_000_000:,.6f}"
