"""Taking back the end of an answer that nobody heard."""

from sqlalchemy import text

from parlez.core.errors import InvalidInput
from parlez.core.identity import Scope
from parlez.core.turns import EndedTurn
from parlez.storage import conversations, messages, turns
from parlez.storage.connection import Connection
from parlez.storage.groundings import write_citations

_CUT = text("""
    UPDATE message SET content = :content, state = 'stopped'
    WHERE account_id = :account_id AND id = :id
""")

_STOP = text("""
    UPDATE turn SET state = 'stopped', reason = :reason, citations = :citations
    WHERE account_id = :account_id AND id = :id
""")

_REASON = "interrupted by the user's voice"


def cut_short(c: Connection, scope: Scope, turn_id: str, said: str) -> EndedTurn:
    """Keep only the beginning of an answer. Raises `InvalidInput` for a text that is none, and
    `NotFound`. One that failed or runs stays as it is."""
    turn = turns.find(c, scope, turn_id)
    conversations.hold(c, turn.scope, turn.conversation_id)
    found = turns.answer(c, scope, turn_id)
    if found.turn.state not in ("completed", "stopped") or found.text == said:
        return found
    if not found.text.startswith(said):
        raise InvalidInput("What is kept of an answer must be its beginning.")
    kept = [each for each in found.turn.citations if each.answer_end <= len(said)]
    row = {"account_id": turn.scope.account_id}
    c.do(_CUT, **row, id=turn.answer_id, content=said)
    c.do(_STOP, **row, id=turn_id, reason=_REASON, citations=write_citations(kept))
    tip = conversations.head(c, turn.scope, turn.conversation_id)
    count = messages.count(c, turn.scope, tip)
    conversations.move(c, turn.scope, turn.conversation_id, tip, count)
    return turns.answer(c, scope, turn_id)
