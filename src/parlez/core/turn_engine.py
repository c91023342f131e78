"""The turn engine: starts turns, keeps them going whoever comes and goes, and ends every one.

A turn is worked on by a task that no connection owns. Its user message is on disk before the
model is asked, its events before anyone sees them, and its end before anyone is told.
"""

import asyncio
import logging
from dataclasses import replace
from functools import partial

from parlez.core import endings
from parlez.core.answering import Answer, Answering
from parlez.core.bugs import describe
from parlez.core.cursor import Cursor
from parlez.core.errors import Interrupted, StorageError
from parlez.core.following import Followed, Following
from parlez.core.grounding import Grounding
from parlez.core.identity import Scope
from parlez.core.limits import TurnLimits
from parlez.core.live_turn import LiveTurn
from parlez.core.live_turns import LiveTurns
from parlez.core.messages import State
from parlez.core.models import ModelCatalog
from parlez.core.ports.chat_model import Prompt
from parlez.core.ports.telemetry import Telemetry
from parlez.core.ports.turn_store import Started, TurnStore
from parlez.core.prices import PriceList
from parlez.core.recorder import Recorder
from parlez.core.turns import (
    NOBODY,
    EndedTurn,
    Ending,
    IdempotencyKey,
    Payer,
    Turn,
    TurnRequest,
)

logger = logging.getLogger(__name__)

END_PAUSES = (0.25, 0.5, 1.0)
"""Seconds to wait before an end that the database refused is tried again. A turn whose end cannot
be stored at all is left to the sweep."""


class TurnEngine:
    """One per process. Everything that happens to a turn goes through here."""

    def __init__(
        self,
        store: TurnStore,
        catalog: ModelCatalog,
        limits: TurnLimits,
        prices: PriceList,
        telemetry: Telemetry,
        grounding: Grounding | None = None,
    ):
        self._store = store
        self._catalog = catalog
        self._limits = limits
        self._prices = prices
        self._telemetry = telemetry
        self._answering = Answering(store, catalog, limits, grounding)
        self._live = LiveTurns()
        self._following = Following(store, self._live)
        self._starting: set[asyncio.Task[Started]] = set()
        self._suspects: set[str] = set()
        self._closing = False

    @property
    def open_turns(self) -> int:
        """Turns that wait or run in this process."""
        return len(self._live)

    async def start(
        self,
        scope: Scope,
        request: TurnRequest,
        key: IdempotencyKey | None = None,
        payer: Payer = NOBODY,
    ) -> Started:
        """Store a user message and set its answer going. Once this returns the message is kept and
        will be answered, whatever happens to the caller. One that is cancelled before may have
        started it all the same."""
        if self._closing:
            raise Interrupted("The server is shutting down. Try again in a moment.")
        model = self._catalog.resolve(request.model)
        # What is stored must be taken up, or it would keep its conversation waiting.
        starting = asyncio.create_task(self._start(scope, request, model.name, key, payer))
        self._starting.add(starting)
        starting.add_done_callback(self._on_start)
        return await asyncio.shield(starting)

    async def wait(self, scope: Scope, turn_id: str) -> EndedTurn:
        """The turn, once it has ended. Raises `NotFound`, and `StorageError` if its end could not
        be stored."""
        live = self._live.find(scope, turn_id)
        if live is not None:
            return await asyncio.shield(live.ended)
        ended = await self._store.answer(scope, turn_id)
        if not ended.turn.state.ended:
            raise Interrupted("The turn is not at work any more. Ask again in a moment.")
        return ended

    async def find(self, scope: Scope, turn_id: str) -> EndedTurn:
        """The turn as it stands, with the text that is stored. Raises `NotFound`."""
        return await self._store.answer(scope, turn_id)

    def follow(self, scope: Scope, turn_id: str, cursor: Cursor, silence: float) -> Followed:
        """The events of a turn behind a cursor; see `Following.follow`."""
        return self._following.follow(scope, turn_id, cursor, silence)

    async def is_past_end(self, scope: Scope, turn_id: str, cursor: Cursor) -> bool:
        """Whether there is nothing left to follow. Raises `NotFound`."""
        return await self._following.is_past_end(scope, turn_id, cursor)

    def release_followers(self) -> None:
        """Tell all who follow a turn to come back later; the turns go on."""
        self._live.release()

    async def stop(self, scope: Scope, turn_id: str) -> EndedTurn:
        """End a turn now, keeping what was said. One that has ended stays as it is."""
        live = self._live.find(scope, turn_id)
        if live is None:
            return await self.find(scope, turn_id)
        if live.turn.state is State.QUEUED and await self._store.stop_queued(scope, turn_id):
            ended = EndedTurn(_ended(live.turn, Ending(State.STOPPED, "stopped")), "")
            self._live.drop(turn_id)
            live.end(ended)
            return ended
        live.interrupt(State.STOPPED, "stopped")
        return await asyncio.shield(live.ended)

    async def cut_short(self, scope: Scope, turn_id: str, said: str) -> EndedTurn:
        """End a turn now, and keep of its answer only the beginning `said`. Raises as the store
        does."""
        await self.stop(scope, turn_id)
        return await self._store.cut_short(scope, turn_id, said)

    def end_credential(self, credential_id: str) -> None:
        """Stop all turns that a key or a session started, and let all followers look whether they
        still may."""
        for live in self._live:
            if credential_id in (live.turn.key_id, live.session_id):
                live.interrupt(State.STOPPED, "the credential was revoked")
            live.wake()

    def end_account(self, account_id: str) -> None:
        """The same for all turns of an account."""
        for live in self._live:
            if live.turn.scope.account_id == account_id:
                live.interrupt(State.STOPPED, "the account was closed")
            live.wake()

    async def stop_account(self, scope: Scope) -> None:
        """Stop all turns of an account, and return once they have ended."""
        while mine := [live for live in self._live if scope.covers(live.turn.scope)]:
            for live in mine:
                await self.stop(scope, live.turn.id)

    async def stop_app(self, scope: Scope, app_id: str) -> None:
        """Stop all turns of an app's visitors, and return once they have ended."""
        while its := [
            live
            for live in self._live
            if scope.covers(live.turn.scope) and live.turn.scope.app_id == app_id
        ]:
            for live in its:
                await self.stop(scope, live.turn.id)

    async def recover(self) -> int:
        """Mark what a process before this one left behind as interrupted; how many turns."""
        return await self._store.interrupt_open("the server was restarted")

    async def sweep(self) -> int:
        """Set right what is not here as it is stored, because of a bug, because an end could not be
        stored, or because a connection broke before it told what it had done; how many turns. To be
        called every few seconds: only what two sweeps in a row find is wrong, for a turn is stored
        a moment before it is taken up."""
        stored = {turn.id: turn for turn in await self._store.open_turns()}
        here = {live.turn.id: live for live in self._live}
        wrong = {
            turn.id
            for turn in stored.values()
            if turn.state is State.RUNNING and (turn.id not in here or not here[turn.id].at_work)
        }
        wrong |= {live.turn.id for live in here.values() if not live.at_work} - stored.keys()
        found = wrong & self._suspects
        # What is set right now may end while the next sweep looks, and is suspected anew.
        self._suspects = wrong - found
        for turn_id in sorted(found):
            await self._set_right(stored.get(turn_id), here.get(turn_id))
        return len(found)

    async def close(self, grace: float) -> None:
        """Give running turns so many seconds to end, then interrupt them, keeping what was said.
        Turns that wait are started by that, one by one, and interrupted like them."""
        self._closing = True
        if self._starting:
            await asyncio.wait(self._starting)
        if tasks := self._live.tasks():
            await asyncio.wait(tasks, timeout=grace)
        while tasks := self._live.tasks():
            for live in self._live:
                if live.task:
                    live.interrupt(State.INTERRUPTED, "the server was shut down")
            await asyncio.wait(tasks)

    async def _set_right(self, running: Turn | None, here: LiveTurn | None) -> None:
        """A turn that runs as it is stored, or is here and not at work, or both."""
        if here and (here.at_work or here.ended.done()):
            # That was heard of while others were set right.
            return
        if running and here and not here.task:
            logger.warning("turn %s left its queue unnoticed and is begun", running.id)
            self._run(here, running, None)
            return
        if running:
            logger.warning("turn %s was lost and is interrupted", running.id)
            self._promote(await self._store.interrupt(running, "the answer was lost"))
        if here:
            await self._show_end(here)

    async def _show_end(self, live: LiveTurn) -> None:
        """Tell those who wait for a turn how it is stored."""
        turn = live.turn
        logger.warning("turn %s has ended unnoticed", turn.id)
        try:
            live.end(await self._store.answer(turn.scope, turn.id))
        except Exception as error:
            live.give_up(error)
        self._live.drop(turn.id)

    async def _start(
        self,
        scope: Scope,
        request: TurnRequest,
        model: str,
        key: IdempotencyKey | None,
        payer: Payer,
    ) -> Started:
        started = await self._store.start(scope, request, model, key, payer)
        turn = started.turn
        if started.created and (live := self._live.take_up_started(turn)):
            live.session_id = payer.session_id
            if turn.state is State.RUNNING:
                # A visitor goes on in its conversation without naming it.
                names_none = request.conversation_id is None and scope.visitor is None
                is_first = names_none and turn.attempt == 1
                self._run(live, turn, request.said if is_first else None)
        return started

    def _on_start(self, task: "asyncio.Task[Started]") -> None:
        self._starting.discard(task)
        if not self._starting:
            self._live.forget_early()

    def _run(self, live: LiveTurn, turn: Turn, history: list[Prompt] | None) -> None:
        if live.task:
            # Whoever started it heard of that later than somebody who found it running.
            return
        task = asyncio.create_task(self._work(live, turn, history), name=f"turn {turn.id}")
        live.begin(turn, task)

    async def _work(self, live: LiveTurn, turn: Turn, history: list[Prompt] | None) -> None:
        began = asyncio.get_running_loop().time()
        recorder = None
        if turn.stream:
            append = partial(self._store.append, turn)
            recorder = Recorder(append, live.publish, self._limits.flush)
        answer = Answer(recorder)
        error: Exception | None = None
        try:
            if live.interruption is None:
                with live.interruptible():
                    await self._answering.answer(turn, history, answer)
        except Exception as raised:
            error = raised
        interruption = None if answer.finished else live.interruption
        if recorder:
            try:
                await recorder.finish()
            except StorageError as raised:
                # An answer that is whole is stored by its end as well.
                error = error or (None if answer.finished else raised)
            except Exception as raised:
                error = error or raised
        seconds = asyncio.get_running_loop().time() - began
        try:
            ending = self._ending(turn, answer, interruption, error, seconds)
        except Exception as bug:
            self._give_up(live, turn, bug)
            return
        await self._end(live, turn, ending)
        self._telemetry.turn_ended(turn, ending)

    def _ending(
        self,
        turn: Turn,
        answer: Answer,
        interruption: tuple[State, str] | None,
        error: Exception | None,
        seconds: float,
    ) -> Ending:
        if interruption:
            ending = endings.interrupted(answer, *interruption)
        elif error:
            ending = endings.failed(answer, error)
        else:
            ending = endings.completed(answer)
        cost = self._prices.cost(ending.model or turn.model, ending.usage)
        return replace(ending, cost=cost, seconds=seconds)

    async def _end(self, live: LiveTurn, turn: Turn, ending: Ending) -> None:
        try:
            promoted = await self._store_end(turn, ending)
        except Exception as error:
            self._give_up(live, turn, error)
            return
        self._live.drop(turn.id)
        live.end(EndedTurn(_ended(turn, ending), ending.text, ending.tool_calls))
        self._promote(promoted)

    def _give_up(self, live: LiveTurn, turn: Turn, error: Exception) -> None:
        """Leave a turn to the sweep."""
        logger.error("the end of turn %s could not be stored: %s", turn.id, describe(error))
        self._live.drop(turn.id)
        live.give_up(error)

    async def _store_end(self, turn: Turn, ending: Ending) -> Turn | None:
        for pause in END_PAUSES:
            try:
                return await self._store.end(turn, ending)
            except StorageError:
                await asyncio.sleep(pause)
        return await self._store.end(turn, ending)

    def _promote(self, promoted: Turn | None) -> None:
        """Take up a turn that has just left its queue."""
        if promoted is not None:
            self._run(self._live.take_up_promoted(promoted), promoted, None)


def _ended(turn: Turn, ending: Ending) -> Turn:
    return replace(
        turn,
        state=ending.state,
        reason=ending.reason,
        error=ending.error,
        usage=ending.usage,
        left_out=ending.left_out,
        log_end=ending.log_end or turn.log_end,
        citations=ending.citations,
        model=ending.model or turn.model,
    )
