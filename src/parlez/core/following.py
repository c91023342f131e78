"""Following a turn from any point, by any number of readers, as often as they like."""

from collections.abc import AsyncGenerator, Callable

from parlez.core.closing import closing_events, missing_text
from parlez.core.cursor import Cursor
from parlez.core.errors import Interrupted
from parlez.core.events import Numbered, TurnStarted
from parlez.core.identity import Scope
from parlez.core.live_turn import LiveTurn
from parlez.core.messages import State
from parlez.core.ports.turn_store import TurnStore
from parlez.core.turns import EndedTurn

PAGE = 256
"""Events read from the log at once."""


async def follow(
    store: TurnStore,
    find_live: Callable[[Scope, str], LiveTurn | None],
    scope: Scope,
    turn_id: str,
    cursor: Cursor,
) -> AsyncGenerator[Numbered, None]:
    """Yield the events of a turn behind a cursor: what is in the log, then what comes, then the
    end. Raises `NotFound`; `Interrupted` if the turn is at work nowhere and its end is not stored
    yet, which a later attempt will find mended; or the error that kept the end from being stored.
    """
    at = cursor
    live = find_live(scope, turn_id)
    while live is not None and not live.ended.done():
        version = live.version
        if at.number < 1 and live.turn.state is not State.QUEUED:
            at = Cursor(1, 0)
            yield Numbered(1, 0, TurnStarted())
        events = live.after(at.number)
        if events is None:
            events = await store.events(scope, turn_id, at.number, PAGE)
        for event in events:
            at = Cursor(event.number, event.characters)
            yield event
        if not events:
            await live.changed(version)
    ended = await live.ended if live is not None else await store.answer(scope, turn_id)
    if not ended.turn.state.ended:
        raise Interrupted("The turn is not at work any more. Follow it again in a moment.")
    async for event in _finish(store, ended, at):
        yield event


def is_past_end(ended: EndedTurn, cursor: Cursor) -> bool:
    """Whether a follower has everything there will ever be."""
    return ended.turn.state.ended and cursor.number >= closing_events(ended)[-1].number


async def _finish(
    store: TurnStore, ended: EndedTurn, at: Cursor
) -> AsyncGenerator[Numbered, None]:
    """The rest of a turn that has ended."""
    turn = ended.turn
    if at.number < 1:
        at = Cursor(1, 0)
        yield Numbered(1, 0, TurnStarted())
    while events := await store.events(turn.scope, turn.id, at.number, PAGE):
        for event in events:
            at = Cursor(event.number, event.characters)
            yield event
    for event in missing_text(ended, at.characters):
        yield event
    for event in closing_events(ended):
        if event.number > at.number:
            yield event
