"""How a turn starts: one transaction, after which its user message is safe."""

import json
from dataclasses import dataclass

from sqlalchemy import text

from parlez.core.errors import NotFound, QueueFull
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import State
from parlez.core.ports.turn_store import Started
from parlez.core.turns import IdempotencyKey, Payer, Turn, TurnRequest
from parlez.storage import budgets, conversations, idempotency, messages, metered_calls, turns
from parlez.storage.connection import Connection
from parlez.storage.forms import write_wishes

MOST_QUEUED = 16
"""Turns that may wait in one conversation while another runs."""

_INSERT = text("""
    INSERT INTO turn
        (account_id, id, conversation_id, user_message_id, answer_id, state, attempt, position,
         stream, model, system_prompt, options, created_at, left_out, log_end, log_kept, key_id,
         echo)
    VALUES
        (:account_id, :id, :conversation_id, :user_message_id, :answer_id, :state, :attempt,
         :position, :stream, :model, :system_prompt, :options, :created_at, 0, 1, :stream,
         :key_id, :echo)
""")


@dataclass(frozen=True, slots=True)
class TurnStart:
    """Everything that is decided about a turn before its transaction. `model` is the name of the
    model that will answer; `now` is in microseconds since 1970, UTC."""

    scope: Scope
    request: TurnRequest
    model: str
    now: int
    payer: Payer

    def turn(
        self,
        turn_id: str,
        conversation_id: str,
        state: State,
        user_message_id: str | None = None,
        attempt: int = 1,
    ) -> Turn:
        return Turn(
            id=turn_id,
            scope=self.scope,
            conversation_id=conversation_id,
            user_message_id=user_message_id or new_id(),
            answer_id=new_id(),
            state=state,
            attempt=attempt,
            stream=self.request.stream,
            model=self.model,
            system_prompt=self.request.system_prompt,
            options=self.request.options,
            created_at=self.now,
            key_id=self.payer.key_id,
            form=self.request.form,
            echo=self.request.echo,
        )


def start(c: Connection, new: TurnStart, key: IdempotencyKey | None) -> Started:
    turn_id = new_id()
    known_id = idempotency.claim(c, new.scope, key, turn_id, new.now) if key else None
    if key and known_id:
        known = turns.find(c, new.scope, known_id)
        if known.state not in (State.FAILED, State.INTERRUPTED):
            return Started(known, created=False)
        idempotency.rename(c, new.scope, key, turn_id)
        turn = _start_again(c, new, turn_id, known)
    elif new.request.conversation_id is None:
        turn = _start_conversation(c, new, turn_id)
    else:
        turn = _start_next(c, new, turn_id, new.request.conversation_id)
    if new.payer.meter:
        metered_calls.insert(c, new.scope, new.payer.meter, turn_id, new.now)
    if new.payer.reserve:
        turn = budgets.reserve(c, turn, new.payer.reserve)
    return Started(turn, created=True)


def _start_conversation(c: Connection, new: TurnStart, turn_id: str) -> Turn:
    turn = new.turn(turn_id, new_id(), State.RUNNING)
    conversations.insert(c, turn, new.request.user_label, len(new.request.earlier) + 1)
    messages.insert_said(c, turn, new.request, None)
    _insert(c, turn, 1)
    return turn


def _start_next(c: Connection, new: TurnStart, turn_id: str, conversation_id: str) -> Turn:
    queue = _join_with_room(c, new, conversation_id)
    turn = new.turn(turn_id, conversation_id, State.QUEUED if queue.open else State.RUNNING)
    tip = _tip(c, new, conversation_id, queue.head_id)
    messages.insert_said(c, turn, new.request, tip)
    if turn.state is State.RUNNING:
        if tip == queue.head_id:
            said = len(new.request.earlier) + 1
            conversations.extend(c, turn.scope, conversation_id, turn.answer_id, said)
        else:
            count = messages.count(c, turn.scope, turn.answer_id)
            conversations.move(c, turn.scope, conversation_id, turn.answer_id, count)
    _insert(c, turn, queue.position)
    return turn


def _tip(c: Connection, new: TurnStart, conversation_id: str, head_id: str | None) -> str | None:
    """The message that the new ones follow. Raises `NotFound` for one of another conversation."""
    parent_id = new.request.parent_id
    if parent_id is None or parent_id == head_id:
        return head_id
    if not messages.belongs(c, new.scope, parent_id, conversation_id):
        raise NotFound("There is no such message in this conversation.")
    return parent_id


def _start_again(c: Connection, new: TurnStart, turn_id: str, before: Turn) -> Turn:
    """A new attempt at answering the message of a turn that came to nothing."""
    queue = _join_with_room(c, new, before.conversation_id)
    turn = new.turn(
        turn_id,
        before.conversation_id,
        State.QUEUED,
        before.user_message_id,
        before.attempt + 1,
    )
    messages.insert_answer(c, turn)
    _insert(c, turn, queue.position)
    return turn if queue.open else turns.run_queued(c, turn)


def _join_with_room(c: Connection, new: TurnStart, conversation_id: str) -> conversations.Queue:
    queue = conversations.join(c, new.scope, conversation_id, new.now)
    if queue.open > MOST_QUEUED:
        raise QueueFull(
            f"{MOST_QUEUED} messages of this conversation wait for their answers already. "
            "Wait for some of them, then try again."
        )
    return queue


def _insert(c: Connection, turn: Turn, position: int) -> None:
    c.do(
        _INSERT,
        account_id=turn.scope.account_id,
        id=turn.id,
        conversation_id=turn.conversation_id,
        user_message_id=turn.user_message_id,
        answer_id=turn.answer_id,
        state=turn.state,
        attempt=turn.attempt,
        position=position,
        stream=int(turn.stream),
        model=turn.model,
        system_prompt=turn.system_prompt,
        options=write_wishes(turn.options, turn.form),
        created_at=turn.created_at,
        key_id=turn.key_id,
        echo=json.dumps(turn.echo) if turn.echo is not None else None,
    )
