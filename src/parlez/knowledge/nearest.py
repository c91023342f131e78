"""Finding what is nearest in meaning.

A bit for each dimension is kept in memory, for the accounts that were asked about last: 48 bytes a
chunk find out in milliseconds what may be near, among a hundred thousand. What that leaves is
ranked by the whole vectors, out of the database.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from typing import TYPE_CHECKING

from parlez.core.identity import Scope
from parlez.core.ports.document_store import ChunkSearch, Code
from parlez.core.retrieval import Sources

if TYPE_CHECKING:
    from parlez.knowledge.codes import Codes

MOST_BYTES = 192 * 1024 * 1024
"""Of all codes in memory together. The account asked about last is kept in any case."""

RESCORED = 200
"""Vectors that are read, of the chunks whose codes are nearest."""

_AT_ONCE = 20_000


class Nearest:
    """Over the codes of a store. Whoever changes what is there says `forget`."""

    def __init__(self, store: ChunkSearch):
        self._store = store
        self._kept: OrderedDict[tuple[str, str], Codes] = OrderedDict()
        self._changes: dict[str, int] = {}

    async def find(
        self,
        scope: Scope,
        sources: Sources,
        model: str,
        direction: Sequence[float],
        also: Sequence[int],
    ) -> dict[int, float]:
        """How near in meaning the nearest chunks are, and those `also` asked about, by their
        serials: the cosine of the angle."""
        # Nothing is loaded for it before there is something to be found.
        from parlez.knowledge.codes import nearness

        kept = await self._load(scope, model)
        candidates = await asyncio.to_thread(kept.candidates, direction, sources, RESCORED)
        asked = sorted({*candidates, *also})
        found = await self._store.vectors(scope, model, asked) if asked else []
        return nearness(found, direction)

    def forget(self, scope: Scope) -> None:
        """Something of an account has changed: its codes are read anew at the next question."""
        self._changes[scope.account_id] = self._changes.get(scope.account_id, 0) + 1
        for key in [key for key in self._kept if key[0] == scope.account_id]:
            del self._kept[key]

    async def _load(self, scope: Scope, model: str) -> "Codes":
        key = (scope.account_id, model)
        if key in self._kept:
            self._kept.move_to_end(key)
            return self._kept[key]
        seen = self._changes.get(scope.account_id, 0)
        loaded = await self._read(scope, model)
        # What changed while it was read may be missing from it.
        if self._changes.get(scope.account_id, 0) == seen:
            self._kept[key] = loaded
            self._make_room()
        return loaded

    async def _read(self, scope: Scope, model: str) -> "Codes":
        from parlez.knowledge.codes import packed

        parts: list[list[Code]] = []
        after = 0
        while page := await self._store.codes(scope, model, after, _AT_ONCE):
            parts.append(page)
            after = page[-1].serial
        return await asyncio.to_thread(packed, [code for part in parts for code in part])

    def _make_room(self) -> None:
        while len(self._kept) > 1 and sum(each.size for each in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)
