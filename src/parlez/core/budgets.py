"""How much accounts, and their keys, may spend."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from parlez.core.budget import Budget, Period, Unit
from parlez.core.context import text_of_form, texts_of
from parlez.core.grounding import QUOTES_TOKENS
from parlez.core.identity import Caller, Scope
from parlez.core.models import ModelCatalog
from parlez.core.ports.budget_store import BudgetStore
from parlez.core.ports.clock import Clock
from parlez.core.reserve import Reserve
from parlez.core.turns import Turn, TurnRequest


class Budgets:
    """All budgets. Which accounts have any is known here, so that the turns of all others cost
    nothing more for it; this process is the only one to change them."""

    def __init__(self, store: BudgetStore, catalog: ModelCatalog, clock: Clock):
        self._store = store
        self._catalog = catalog
        self._clock = clock
        self._accounts: set[str] = set()

    async def open(self) -> None:
        """Read which accounts have budgets; to be called before anything is asked."""
        self._accounts = await self._store.accounts()

    def reserve(self, caller: Caller, request: TurnRequest) -> Callable[[Turn], Reserve] | None:
        """What a turn must set aside, once it is known which one the request comes to: much of it
        may be its conversation's. None for a caller whose account has no budget."""
        if caller.scope.account_id not in self._accounts:
            return None
        said = [text for prompt in request.said for text in texts_of(prompt)]
        return partial(self._reserve, said)

    def bound(self, caller: Caller) -> bool:
        """Whether there may be a budget in the way of a caller."""
        return caller.scope.account_id in self._accounts

    def _reserve(self, said: Sequence[str], turn: Turn) -> Reserve:
        model = self._catalog.resolve(turn.model)
        models = [model, *(self._catalog.resolve(name) for name in model.fallback)]
        texts = [turn.system_prompt or "", *filter(None, [text_of_form(turn.form)]), *said]
        reserve = Reserve.of(texts, turn.options.max_tokens, models)
        if turn.sources is None:
            return reserve
        return replace(reserve, new_tokens=reserve.new_tokens + QUOTES_TOKENS)

    async def list(self, scope: Scope) -> Sequence[Budget]:
        return await self._store.list(scope, self._clock.now())

    async def set(
        self, scope: Scope, key_id: str | None, unit: Unit, period: Period, amount: int
    ) -> Budget:
        """Set what may be spent, in place of an earlier word on the same. What was spent in the
        period already counts; turns that run at the time do not. Raises `NotFound` for a key of
        somebody else."""
        self._accounts.add(scope.account_id)
        return await self._store.set(scope, key_id, unit, period, amount, self._clock.now())

    async def remove(self, scope: Scope, budget_id: str) -> None:
        """Raises `NotFound`."""
        await self._store.remove(scope, budget_id)
