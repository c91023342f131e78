"""The index of messages, behind `core.ports.message_index`."""

from collections.abc import Mapping, Sequence

from parlez.core.identity import Scope
from parlez.core.ports.message_index import Changed, Piece, Span
from parlez.core.ports.vectors import Code, Vector
from parlez.core.search import Within
from parlez.storage import message_changes, message_pieces, message_vectors
from parlez.storage.connection import Connection
from parlez.storage.database import Database


class SqlMessageIndex:
    """Implements `MessageIndexing`, `MessageSearch` and `Vectors`."""

    def __init__(self, database: Database):
        self._database = database
        self._read = database.read
        self._write = database.write
        # Codes that are in memory know a piece by its serial: no other may get it while they are.
        self._last_serial = 0

    async def changed(self, after: str, limit: int) -> list[Changed]:
        return await self._read(lambda c: message_changes.changed(c, after, limit))

    async def index(self, changed: Changed, spans: Mapping[str, Sequence[Span]]) -> None:
        def index(c: Connection) -> int:
            last = max(self._last_serial, message_changes.last_serial(c))
            return message_changes.index(c, changed, spans, last)

        self._last_serial = await self._write(index)

    async def waiting(self) -> int:
        return await self._read(message_changes.waiting)

    async def without_vector(self, model: str, limit: int) -> list[tuple[Scope, int, str]]:
        return await self._read(lambda c: message_vectors.without_vector(c, model, limit))

    async def add_vectors(
        self, model: str, vectors: Sequence[tuple[Scope, Vector]], up_to: int
    ) -> None:
        dialect = self._database.dialect
        await self._write(lambda c: message_vectors.insert(c, dialect, model, vectors, up_to))

    async def drop_old_vectors(self, model: str) -> bool:
        return await self._write(lambda c: message_vectors.drop_others(c, model))

    async def by_words(
        self, scope: Scope, within: Within, words: Sequence[str], limit: int
    ) -> list[tuple[int, float]]:
        if not words:
            return []
        find = self._database.find_said
        return await self._read(lambda c: find(c, scope, within, words, limit))

    async def not_indexed(self, scope: Scope, within: Within, limit: int) -> list[Piece]:
        return await self._read(lambda c: message_pieces.not_indexed(c, scope, within, limit))

    async def pieces(self, scope: Scope, within: Within, serials: Sequence[int]) -> list[Piece]:
        dialect = self._database.dialect
        return await self._read(lambda c: message_pieces.find(c, dialect, scope, within, serials))

    async def serials(self, scope: Scope, conversation_id: str, limit: int) -> list[int]:
        return await self._read(lambda c: message_pieces.serials(c, scope, conversation_id, limit))

    async def models(self, scope: Scope) -> list[str]:
        return await self._read(lambda c: message_vectors.models(c, scope))

    async def codes(
        self, scope: Scope, part: str, model: str, after: int, limit: int
    ) -> list[Code]:
        return await self._read(
            lambda c: message_vectors.codes(c, scope, part, model, after, limit)
        )

    async def vectors(self, scope: Scope, model: str, serials: Sequence[int]) -> list[Vector]:
        dialect = self._database.dialect
        return await self._read(lambda c: message_vectors.find(c, dialect, scope, model, serials))
