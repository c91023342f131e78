"""Where a turn goes that does not just go on at the tip of its conversation."""

from dataclasses import dataclass

from parlez.core.errors import Conflict, InvalidInput, NotFound
from parlez.core.identity import Scope
from parlez.core.messages import Message, Role, State
from parlez.core.turns import Attachment, Continuation, Edit, Regeneration, Turn, TurnKind
from parlez.storage import messages, turns
from parlez.storage.connection import Connection


@dataclass(frozen=True, slots=True)
class Attached:
    """What an attachment comes to: the user message to answer, None for a new one, and the turn
    that is done again, None where messages were only added."""

    kind: TurnKind
    user_message_id: str | None
    target_id: str | None
    before: Turn | None


def resolve(
    c: Connection, scope: Scope, conversation_id: str, attachment: Attachment, tip: str | None
) -> Attached:
    """Raises `NotFound`, `InvalidInput` for a message of the wrong kind, and `Conflict` where there
    is nothing to do again. The conversation is held."""
    match attachment:
        case Regeneration(message_id):
            return _regeneration(c, scope, conversation_id, message_id, tip)
        case Edit(message_id):
            message, _ = messages.find(c, scope, conversation_id, message_id)
            if message.role is not Role.USER:
                raise InvalidInput("Only a message of the user can be edited.")
            return Attached(TurnKind.EDIT, None, message.id, _turn(c, scope, message))
        case Continuation(message_id):
            return _continuation(c, scope, conversation_id, message_id, tip)


def _regeneration(
    c: Connection, scope: Scope, conversation_id: str, message_id: str | None, tip: str | None
) -> Attached:
    last = None if message_id else turns.last_open(c, scope, conversation_id)
    if last:
        return Attached(TurnKind.REGENERATE, last.user_message_id, None, last)
    named = message_id or tip
    if named is None:
        raise Conflict("There is no message in this conversation that could be answered.")
    message, parent_id = messages.find(c, scope, conversation_id, named)
    turn = _turn(c, scope, message)
    if message.role is Role.USER:
        asked = message.id
    elif turn:
        asked = turn.user_message_id
    elif parent_id and messages.find(c, scope, conversation_id, parent_id)[0].role is Role.USER:
        asked = parent_id
    else:
        raise Conflict("That message is no answer to one of the user.")
    return Attached(TurnKind.REGENERATE, asked, None, turn)


def _continuation(
    c: Connection, scope: Scope, conversation_id: str, message_id: str | None, tip: str | None
) -> Attached:
    if turns.last_open(c, scope, conversation_id):
        raise Conflict("A turn of this conversation still waits or runs. Try again when it has.")
    named = message_id or tip
    if named is None:
        raise Conflict("There is no answer in this conversation.")
    message, _ = messages.find(c, scope, conversation_id, named)
    turn = _turn(c, scope, message)
    # What was said in the model's name, and answered, is no answer of its own.
    if turn is None or message.id != turn.answer_id or _is_whole(turn):
        raise Conflict("That is no answer that was cut short.")
    if not message.content:
        raise Conflict("That answer has no text to go on from. Regenerate it instead.")
    if tip is None or messages.place(c, scope, tip, message.id) is None:
        raise Conflict("That answer is not part of the conversation as it stands.")
    return Attached(TurnKind.CONTINUE, turn.user_message_id, message.id, turn)


def _is_whole(turn: Turn) -> bool:
    return turn.state is State.COMPLETED and turn.reason != "length"


def _turn(c: Connection, scope: Scope, message: Message) -> Turn | None:
    """The turn that was asked a message, or gave it as its answer, if there is one. What was said
    before, and only came with a turn, has none, nor has what stayed when its turn was erased."""
    if not message.turn_id:
        return None
    try:
        turn = turns.find(c, scope, message.turn_id)
    except NotFound:
        return None
    return turn if message.id in (turn.user_message_id, turn.answer_id) else None
