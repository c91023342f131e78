"""How many tokens a turn's conversation already has when it starts."""

from sqlalchemy import text

from parlez.core.context import MOST_CHARACTERS_PER_TOKEN, prompt_of, texts_of
from parlez.core.messages import State
from parlez.core.tokens import estimate_messages
from parlez.core.turns import Turn, TurnKind
from parlez.storage import conversations, messages
from parlez.storage.connection import Connection

_COUNTED = text("""
    SELECT prompt_tokens + completion_tokens FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND prompt_tokens IS NOT NULL
    ORDER BY position DESC LIMIT 1
""")

# The newest of those before has set aside what all of them may come to.
_OPEN = text("""
    SELECT coalesce(max(reserved_tokens), 0) FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND id <> :id
        AND state IN ('queued', 'running')
""")


def of(c: Connection, turn: Turn, most: int) -> int:
    """Tokens of what a turn, which has just been stored, follows: as the vendor counted them last,
    or as they are guessed, whichever is more. What is read ends somewhere beyond `most`."""
    here = {"account_id": turn.scope.account_id, "conversation_id": turn.conversation_id}
    counted = c.one(_COUNTED, **here)
    known = [int(counted[0]) if counted else 0]
    changes_target = turn.kind in (TurnKind.EDIT, TurnKind.CONTINUE)
    tip = turn.target_id if changes_target else turn.user_message_id
    if turn.state is State.QUEUED:
        opened = c.one(_OPEN, **here, id=turn.id)
        assert opened is not None
        known.append(int(opened[0]))
        known.append(_guess(c, turn, conversations.head(c, turn.scope, turn.conversation_id), most))
    return max(*known, _guess(c, turn, tip, most))


def _guess(c: Connection, turn: Turn, tip: str | None, most: int) -> int:
    """Tokens of a branch, without what the turn itself says."""
    if tip is None:
        return 0
    branch = messages.path(c, turn.scope, tip, most * MOST_CHARACTERS_PER_TOKEN)
    earlier = [prompt_of(message) for message in branch if message.turn_id != turn.id]
    texts = [text for prompt in earlier for text in texts_of(prompt) if text]
    return estimate_messages(texts)
