"""How a turn starts: one transaction, after which its user message is safe."""

import json
from dataclasses import dataclass, field, replace

from sqlalchemy import text

from parlez.core.conversations import Conversation, Profile
from parlez.core.errors import NotFound, QueueFull
from parlez.core.identity import Scope
from parlez.core.ids import new_id
from parlez.core.messages import Role, State
from parlez.core.ports.chat_model import FREE, Options
from parlez.core.ports.turn_store import Started
from parlez.core.retrieval import Sources
from parlez.core.titles import title_of
from parlez.core.turns import Attachment, IdempotencyKey, Payer, Turn, TurnKind, TurnRequest
from parlez.storage import (
    assistants,
    attachments,
    budgets,
    conversation_counts,
    conversations,
    idempotency,
    messages,
    metered_calls,
    turns,
)
from parlez.storage.connection import Connection
from parlez.storage.forms import write_wishes
from parlez.storage.groundings import write_sources
from parlez.storage.turn_defaults import Defaults, defaults_of

MOST_QUEUED = 16
"""Turns that may wait in one conversation while another runs."""

_INSERT = text("""
    INSERT INTO turn
        (account_id, id, conversation_id, user_message_id, answer_id, state, attempt, position,
         stream, model, system_prompt, options, created_at, left_out, log_end, log_kept, key_id,
         kind, target_id, echo, sources, app_id, visitor, recalls)
    VALUES
        (:account_id, :id, :conversation_id, :user_message_id, :answer_id, :state, :attempt,
         :position, :stream, :model, :system_prompt, :options, :created_at, 0, 1, :stream,
         :key_id, :kind, :target_id, :echo, :sources,
         :app_id, :visitor, :recalls)
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
    turn_id: str = field(default_factory=new_id)

    def turn(
        self,
        conversation_id: str,
        state: State,
        defaults: Defaults,
    ) -> Turn:
        """A turn as asked for."""
        return Turn(
            id=self.turn_id,
            scope=self.scope,
            conversation_id=conversation_id,
            user_message_id=new_id(),
            answer_id=new_id(),
            state=state,
            attempt=1,
            stream=self.request.stream,
            model=self.model if self.request.model else defaults.model or self.model,
            system_prompt=self.request.system_prompt or defaults.prompt,
            options=self.request.options,
            created_at=self.now,
            key_id=self.payer.key_id,
            form=self.request.form,
            echo=self.request.echo,
            sources=self._sources(defaults),
            recalls=self.request.recalls,
        )

    def _sources(self, defaults: Defaults) -> Sources | None:
        return None if self.request.no_search else self.request.sources or defaults.sources


def start(c: Connection, new: TurnStart, key: IdempotencyKey | None) -> Started:
    if c.is_again and (stored := turns.look(c, new.scope, new.turn_id)):
        return Started(stored, created=not stored.state.ended)
    known_id = idempotency.claim(c, new.scope, key, new.turn_id, new.now) if key else None
    begun = None
    if key and known_id:
        known = turns.find(c, new.scope, known_id)
        if known.state not in (State.FAILED, State.INTERRUPTED):
            return Started(known, created=False)
        idempotency.rename(c, new.scope, key, new.turn_id)
        turn = _start_again(c, new, known)
    else:
        begun = _begun(c, new)
        turn = _start_new(c, new, begun)
    for meter in new.payer.meters:
        metered_calls.insert(c, new.scope, meter, new.turn_id, new.now)
    if new.payer.reserve:
        turn = budgets.reserve(c, turn, new.payer.reserve)
    if not known_id and begun is None:
        conversation_counts.add(c, new.scope, turn.conversation_id, new.request.user_label)
    return Started(turn, created=True)


def _begun(c: Connection, new: TurnStart) -> str | None:
    """The conversation to go on with: the one that was named, or the visitor's."""
    if new.request.conversation_id is None and new.scope.visitor is not None:
        return conversations.of_visitor(c, new.scope)
    return new.request.conversation_id


def _start_new(c: Connection, new: TurnStart, conversation_id: str | None) -> Turn:
    if conversation_id is None:
        return _start_conversation(c, new)
    if new.request.attachment:
        return _start_attached(c, new, conversation_id, new.request.attachment)
    return _start_next(c, new, conversation_id)


def _start_conversation(c: Connection, new: TurnStart) -> Turn:
    request = new.request
    profile = request.profile or Profile()
    assistants.require(c, new.scope, profile.assistant_id)
    defaults = defaults_of(c, new.scope, profile.model, profile.system_prompt, profile.assistant_id)
    turn = new.turn(new_id(), State.RUNNING, defaults)
    conversation = Conversation(
        turn.conversation_id,
        request.user_label,
        turn.answer_id,
        len(request.earlier) + 1,
        new.now,
        new.now,
        profile=profile if profile.title else replace(profile, title=_title(request)),
        app_id=new.scope.app_id,
        visitor=new.scope.visitor,
    )
    conversations.insert(c, new.scope, conversation, 1)
    messages.insert_said(c, turn, request, None)
    _insert(c, turn, 1)
    return turn


def _start_next(c: Connection, new: TurnStart, conversation_id: str) -> Turn:
    queue = _join_with_room(c, new, conversation_id)
    state = State.QUEUED if queue.open else State.RUNNING
    turn = new.turn(conversation_id, state, _defaults(c, new, queue))
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


def _start_again(c: Connection, new: TurnStart, before: Turn) -> Turn:
    """A new attempt at answering the message of a turn that came to nothing."""
    queue = _join_with_room(c, new, before.conversation_id)
    defaults = _defaults(c, new, queue)
    if queue.system_prompt or not defaults.instructions:
        defaults = replace(defaults, system_prompt=before.system_prompt)
    again = new.turn(before.conversation_id, State.QUEUED, defaults)
    # Another answer on a branch of its own has left no trace; a longer one goes on to grow.
    keeps_kind = before.kind in (TurnKind.REGENERATE, TurnKind.CONTINUE)
    turn = replace(
        again,
        user_message_id=before.user_message_id,
        attempt=before.attempt + 1,
        options=before.options,
        form=before.form,
        sources=before.sources,
        recalls=before.recalls,
        kind=before.kind if keeps_kind else TurnKind.RETRY,
        target_id=before.answer_id,
    )
    return _insert_answer(c, turn, queue)


def _start_attached(
    c: Connection, new: TurnStart, conversation_id: str, attachment: Attachment
) -> Turn:
    """A turn elsewhere than at the tip. What the request and the conversation leave open is as it
    was in the turn that is done again."""
    queue = _join_with_room(c, new, conversation_id)
    attached = attachments.resolve(c, new.scope, conversation_id, attachment, queue.head_id)
    before = attached.before
    defaults = _defaults(c, new, queue)
    if before and not defaults.prompt:
        defaults = replace(defaults, system_prompt=before.system_prompt)
    if before:
        defaults = replace(defaults, sources=before.sources)
    turn = replace(
        new.turn(conversation_id, State.QUEUED, defaults),
        kind=attached.kind,
        target_id=attached.target_id,
    )
    if before and turn.options == Options():
        turn = replace(turn, options=before.options)
    if before and turn.form == FREE:
        turn = replace(turn, form=before.form)
    if before and turn.recalls:
        turn = replace(turn, recalls=before.recalls)
    if attached.user_message_id:
        return _insert_answer(c, replace(turn, user_message_id=attached.user_message_id), queue)
    messages.insert_said(c, turn, new.request, None)
    _insert(c, turn, queue.position)
    return turn if queue.open else turns.run_queued(c, turn)


def _insert_answer(c: Connection, turn: Turn, queue: conversations.Queue) -> Turn:
    """Store a turn whose user message is there already, and start it if nothing is before it."""
    messages.insert_answer(c, turn)
    _insert(c, turn, queue.position)
    return turn if queue.open else turns.run_queued(c, turn)


def _join_with_room(c: Connection, new: TurnStart, conversation_id: str) -> conversations.Queue:
    """Join a conversation whose queue is not full. Raises `NotFound` and `QueueFull`."""
    queue = conversations.join(
        c,
        new.scope,
        conversation_id,
        new.now,
        _title(new.request) or None,
        new.request.user_label,
    )
    if queue.open > MOST_QUEUED:
        raise QueueFull(
            f"{MOST_QUEUED} messages of this conversation wait for their answers already. "
            "Wait for some of them, then try again."
        )
    return queue


def _defaults(c: Connection, new: TurnStart, queue: conversations.Queue) -> Defaults:
    assistant_id = queue.assistant_id
    if new.scope.visitor is not None and new.request.profile:
        # An app may have been given another one since.
        assistant_id = new.request.profile.assistant_id
        assistants.require(c, new.scope, assistant_id)
    return defaults_of(c, new.scope, queue.model, queue.system_prompt, assistant_id)


def _title(request: TurnRequest) -> str:
    """Made from what the user says first."""
    said = (prompt.content for prompt in request.said if prompt.role is Role.USER)
    return title_of(next(said, request.text))


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
        kind=turn.kind,
        target_id=turn.target_id,
        echo=json.dumps(turn.echo) if turn.echo is not None else None,
        sources=write_sources(turn.sources),
        app_id=turn.scope.app_id,
        visitor=turn.scope.visitor,
        recalls=int(turn.recalls),
    )
