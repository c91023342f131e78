"""Finding what is nearest in meaning.

A bit for each dimension is kept in memory, for those who asked last: 60 bytes a text find out in
milliseconds what may be near, among a million. What that leaves is ranked by the whole vectors, out
of the database.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from parlez.core.identity import Scope
from parlez.core.ports.vectors import Vectors

if TYPE_CHECKING:
    from parlez.knowledge.codes import Codes

MOST_BYTES = 128 * 1024 * 1024
"""Of all codes in memory together. Those that were asked about last are kept in any case."""

RESCORED = 200
"""Vectors that are read, of the texts whose codes are nearest."""

_AT_ONCE = 20_000


class Nearest:
    """Over the codes of a store. Whoever changes what is there says `forget`; only where `grows`
    says that new codes always have the greatest serials are they found without that."""

    def __init__(self, store: Vectors, *, grows: bool = False):
        self._store = store
        self._grows = grows
        self._kept: OrderedDict[tuple[str, str, str], Codes] = OrderedDict()
        self._changes: dict[str, int] = {}
        self._loading: dict[tuple[str, str, str], asyncio.Lock] = {}

    async def find(
        self,
        scope: Scope,
        model: str,
        direction: Sequence[float],
        also: Sequence[int],
        *,
        part: str = "",
        groups: Collection[str] | None = None,
    ) -> dict[int, float]:
        """How near in meaning the nearest texts of a part of an account are, and those `also` asked
        about, by their serials: the cosine of the angle. `groups` leaves those of some groups."""
        kept = await self._load(scope, part, model)
        candidates = await asyncio.to_thread(kept.candidates, direction, groups, RESCORED)
        near = await self.among(scope, model, direction, [*candidates, *also])
        if sum(serial in near for serial in candidates) < len(candidates) / 2:
            # Much of it has been deleted meanwhile.
            self.forget(scope)
        return near

    async def among(
        self, scope: Scope, model: str, direction: Sequence[float], serials: Sequence[int]
    ) -> dict[int, float]:
        """How near in meaning some texts are, as far as they are there."""
        # Nothing is loaded for it before there is something to be found.
        from parlez.knowledge.codes import nearness

        asked = sorted(set(serials))
        found = await self._store.vectors(scope, model, asked) if asked else []
        return nearness(found, direction)

    def forget(self, scope: Scope) -> None:
        """Something of an account has changed: its codes are read anew at the next question."""
        self._changes[scope.account_id] = self._changes.get(scope.account_id, 0) + 1
        for key in [key for key in self._kept if key[0] == scope.account_id]:
            del self._kept[key]

    async def _load(self, scope: Scope, part: str, model: str) -> "Codes":
        from parlez.knowledge.codes import Codes

        key = (scope.account_id, part, model)
        lock = self._loading.setdefault(key, asyncio.Lock())
        try:
            async with lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
                    if self._grows:
                        await self._read(scope, part, model, self._kept[key])
                    return self._kept[key]
                seen = self._changes.get(scope.account_id, 0)
                loaded = Codes()
                await self._read(scope, part, model, loaded)
                # What changed while it was read may be missing from it.
                if self._changes.get(scope.account_id, 0) == seen:
                    self._kept[key] = loaded
                    self._make_room()
                return loaded
        finally:
            if not lock.locked():
                self._loading.pop(key, None)

    async def _read(self, scope: Scope, part: str, model: str, codes: "Codes") -> None:
        """Add what is not there yet."""
        while page := await self._store.codes(scope, part, model, codes.last, _AT_ONCE):
            await asyncio.to_thread(codes.add, page)
            if len(page) < _AT_ONCE:
                return

    def _make_room(self) -> None:
        while len(self._kept) > 1 and sum(each.size for each in self._kept.values()) > MOST_BYTES:
            self._kept.popitem(last=False)
