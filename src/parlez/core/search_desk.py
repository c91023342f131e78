"""What callers do to find what was said."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from parlez.core.conversation_desk import ConversationDesk
from parlez.core.errors import InvalidInput
from parlez.core.identity import Caller
from parlez.core.paid_call import CallKind
from parlez.core.paid_calls import PaidCalls, Receipt
from parlez.core.ports.message_searcher import MessageSearcher
from parlez.core.search import MOST_SKIPPED, Found, FoundMessage, SearchQuery
from parlez.core.snippets import Snippet, snippet
from parlez.core.tokens import estimate_tokens

WORDS_ALONE = "words"
"""Who does the work, in the ledger, where there is no embedder."""

GROUPED = 10
"""Messages that are looked at for each conversation that is wanted."""


@dataclass(frozen=True, slots=True)
class Results:
    """A page of what was found, the best first: messages, or each conversation with the message of
    it that fits best; for each the part that shows why. `by_meaning` is false where words alone
    decided."""

    found: Sequence[tuple[FoundMessage, Snippet]]
    by_meaning: bool


class SearchDesk:
    def __init__(self, searcher: MessageSearcher, desk: ConversationDesk, calls: PaidCalls):
        self._searcher = searcher
        self._desk = desk
        self._calls = calls

    async def messages(self, caller: Caller, query: SearchQuery) -> Results:
        """Raises `NotFound` for a conversation that is not there, or with another user if one is
        named; `InvalidInput` for an offset that would cost too much; and what `PaidCalls` does."""
        found = await self._find(caller, query, query.offset + query.limit)
        return _page(found.messages, found, query)

    async def conversations(self, caller: Caller, query: SearchQuery) -> Results:
        """Raises what `messages` does."""
        found = await self._find(caller, query, (query.offset + query.limit) * GROUPED)
        best: dict[str, FoundMessage] = {}
        for each in found.messages:
            best.setdefault(each.conversation_id, each)
        return _page(list(best.values()), found, query)

    async def _find(self, caller: Caller, query: SearchQuery, wanted: int) -> Found:
        if query.offset > MOST_SKIPPED:
            raise InvalidInput(f"offset: at most {MOST_SKIPPED:,} can be skipped.")
        within = query.within
        if within.conversation_id is not None:
            await self._desk.find(caller.scope, within.conversation_id, within.user_label)
        async with self.counted(caller, query.text, within.conversation_id) as receipt:
            found = await self._searcher.find(caller.scope, query, wanted)
            receipt.tokens = found.tokens
        return found

    @asynccontextmanager
    async def counted(
        self, caller: Caller, text: str, conversation_id: str | None = None
    ) -> AsyncIterator[Receipt]:
        """Search for a text within the context, whatever is searched: it counts against the limits
        and stands in the ledger. Raises what `PaidCalls` does."""
        embedder = self._searcher.embedder
        call = self._calls.call(
            caller,
            CallKind.SEARCH,
            embedder.name if embedder else WORDS_ALONE,
            embedder.price if embedder else None,
            estimate_tokens(text) if embedder else 0,
            conversation_id=conversation_id or "",
        )
        async with call as receipt:
            yield receipt


def _page(messages: Sequence[FoundMessage], found: Found, query: SearchQuery) -> Results:
    page = messages[query.offset : query.offset + query.limit]
    return Results([(each, snippet(each.content, query.text)) for each in page], found.by_meaning)
