"""Answering with a turn: whole or as a stream."""

from collections.abc import Mapping
from typing import Any

from fastapi import Request
from starlette.responses import Response

from parlez.core.cursor import START, Cursor
from parlez.core.errors import Interrupted, restore
from parlez.core.following import Followed
from parlez.core.identity import Caller
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, IdempotencyKey, Turn, TurnRequest
from parlez.http.event_stream import HEARTBEAT_SECONDS, EventStream
from parlez.http.native_events import native_frames
from parlez.http.services import Services, services
from parlez.http.still_good import ended_credential, while_good
from parlez.http.turn_headers import note_turn


async def start_turn(
    request: Request, caller: Caller, asked: TurnRequest, key: IdempotencyKey | None
) -> Turn:
    """Start a turn as `begin_turn` does, and name it in the answer's headers."""
    inside = services(request)
    turn = await begin_turn(inside, caller, asked, key)
    note_turn(request, turn, inside.admission.allowances(caller))
    return turn


async def begin_turn(
    inside: Services, caller: Caller, asked: TurnRequest, key: IdempotencyKey | None
) -> Turn:
    """Start a turn, or join the one that the key names. Raises `NotFound` for documents that are
    not there, and `Unauthenticated` if the caller's credential ended while the turn was started;
    then it is stopped."""
    # An app's visitor does not know which documents there are.
    if asked.sources and caller.app_address is None:
        await inside.library.require(caller.scope, asked.sources)
    started = await inside.admission.start(caller, asked, key)
    if inside.gate.epoch != caller.epoch and not await inside.gate.is_good(caller):
        await inside.engine.stop(caller.scope, started.turn.id)
        raise ended_credential()
    return started.turn


async def whole_answer(request: Request, turn: Turn) -> EndedTurn:
    """The turn, once it has ended well. Raises the error that it failed with."""
    ended = await services(request).engine.wait(turn.scope, turn.id)
    if ended.turn.error:
        error = ended.turn.error
        raise restore(error.code, error.message, error.retry_after)
    if ended.turn.state is State.INTERRUPTED:
        raise Interrupted(
            f"The answer was interrupted: {ended.turn.reason}. Your message is kept. Try again; "
            "with the same Idempotency-Key it will not be said twice."
        )
    return ended


def native_stream(
    request: Request, caller: Caller, turn: Turn, first: Mapping[str, Any], cursor: Cursor = START
) -> Response:
    """The events of a turn behind a cursor, in Parlez' own spelling."""
    return EventStream(native_frames(followed(request, caller, turn, cursor), first), {})


def followed(request: Request, caller: Caller, turn: Turn, cursor: Cursor = START) -> Followed:
    """The events of a turn behind a cursor, for as long as the caller's key is good."""
    inside = services(request)
    events = inside.engine.follow(caller.scope, turn.id, cursor, HEARTBEAT_SECONDS)
    return while_good(events, caller, inside.gate)
