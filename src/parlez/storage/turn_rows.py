"""Turns as rows."""

import json

from parlez.core.events import Usage
from parlez.core.identity import Scope
from parlez.core.messages import State
from parlez.core.reserve import Reserved
from parlez.core.turns import Turn, TurnError, TurnKind
from parlez.storage.connection import Row
from parlez.storage.forms import read_wishes
from parlez.storage.groundings import read_citations, read_sources

COLUMNS = """
    turn.account_id, turn.id, turn.conversation_id, turn.user_message_id, turn.answer_id,
    turn.state, turn.attempt, turn.stream, turn.model, turn.system_prompt, turn.options,
    turn.created_at, turn.reason,
    turn.error_code, turn.error_message, turn.error_retryable,
    turn.prompt_tokens, turn.completion_tokens, turn.usage_estimated, turn.left_out, turn.log_end,
    turn.key_id, turn.reserved_tokens, turn.reserved_cost, turn.kind, turn.target_id, turn.echo,
    turn.sources, turn.citations, turn.app_id, turn.visitor, turn.recalls
"""
"""What `read_turn` reads, in its order."""


def read_turn(row: Row) -> Turn:
    """A turn from the columns above; more may follow them."""
    error_code, error_message, error_retryable, prompt, completion, estimated = row[13:19]
    options, form = read_wishes(row[10])
    return Turn(
        id=row[1],
        scope=Scope(row[0], row[29], row[30]),
        conversation_id=row[2],
        user_message_id=row[3],
        answer_id=row[4],
        state=State(row[5]),
        attempt=row[6],
        stream=bool(row[7]),
        model=row[8],
        system_prompt=row[9],
        options=options,
        created_at=row[11],
        reason=row[12],
        error=(TurnError(error_code, error_message, bool(error_retryable)) if error_code else None),
        usage=Usage(prompt, completion, bool(estimated)) if prompt is not None else None,
        left_out=row[19],
        log_end=row[20],
        key_id=row[21],
        reserved=Reserved(row[22], row[23]) if row[22] is not None else None,
        kind=TurnKind(row[24]),
        target_id=row[25],
        form=form,
        echo=json.loads(row[26]) if row[26] else None,
        sources=read_sources(row[27]),
        citations=read_citations(row[28]),
        recalls=bool(row[31]),
    )
