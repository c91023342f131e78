"""Turns as rows: how they take their place in a conversation, and end. Their start is in
`storage.turn_start`."""

from dataclasses import replace

from sqlalchemy import text

from parlez.core.closing import log_end_without_log
from parlez.core.errors import NotFound
from parlez.core.identity import Scope
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, Ending, Turn, TurnKind
from parlez.storage import budgets, conversations, events, ledger, messages
from parlez.storage.connection import Connection
from parlez.storage.details import read_calls
from parlez.storage.groundings import write_citations
from parlez.storage.message_notes import note
from parlez.storage.turn_rows import COLUMNS, read_turn

_FIND = text(f"""
    SELECT {COLUMNS} FROM turn WHERE account_id = :account_id AND id = :id
""")

_ANSWER = text(f"""
    SELECT {COLUMNS}, message.content, message.detail FROM turn
    JOIN message ON message.account_id = turn.account_id AND message.id = turn.answer_id
    WHERE turn.account_id = :account_id AND turn.id = :id
""")

_END = text("""
    UPDATE turn
    SET state = :state, ended_at = :now, reason = :reason, error_code = :error_code,
        error_message = :error_message, error_retryable = :error_retryable,
        prompt_tokens = :prompt_tokens, completion_tokens = :completion_tokens,
        usage_estimated = :usage_estimated, left_out = :left_out, log_end = :log_end,
        model = :model, citations = :citations
    WHERE account_id = :account_id AND id = :id AND state = :before
    RETURNING position
""")

_HOLD = text("""
    UPDATE turn SET attempt = attempt
    WHERE account_id = :account_id AND id = :id AND state = 'running'
""")

_RUN = text("""
    UPDATE turn SET state = 'running'
    WHERE account_id = :account_id AND id = :id AND state = 'queued'
""")

_AIM = text("""
    UPDATE turn SET target_id = :target_id WHERE account_id = :account_id AND id = :id
""")

_RUNNING = text(f"""
    SELECT {COLUMNS} FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND state = 'running'
""")

_LAST_OPEN = text(f"""
    SELECT {COLUMNS} FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND state IN ('queued', 'running')
    ORDER BY position DESC LIMIT 1
""")

_OF_VISITOR = text("""
    SELECT id FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id
        AND app_id = :app_id AND visitor = :visitor
""")

_NEXT = text(f"""
    SELECT {COLUMNS} FROM turn
    WHERE account_id = :account_id AND conversation_id = :conversation_id AND state = 'queued'
    ORDER BY position LIMIT 1
""")


def look(c: Connection, scope: Scope, turn_id: str) -> Turn | None:
    row = c.one(_FIND, account_id=scope.account_id, id=turn_id)
    return read_turn(row) if row else None


def find(c: Connection, scope: Scope, turn_id: str) -> Turn:
    found = look(c, scope, turn_id)
    if found is None or not scope.covers(found.scope):
        raise _missing()
    return found


def answer(c: Connection, scope: Scope, turn_id: str) -> EndedTurn:
    row = c.one(_ANSWER, account_id=scope.account_id, id=turn_id)
    turn = read_turn(row) if row else None
    if row is None or turn is None or not scope.covers(turn.scope):
        raise _missing()
    return EndedTurn(turn, row[-2], read_calls(row[-1]))


def of_visitor(c: Connection, scope: Scope, conversation_id: str) -> set[str]:
    """Ids of the turns that a visitor began."""
    rows = c.all(
        _OF_VISITOR,
        account_id=scope.account_id,
        conversation_id=conversation_id,
        app_id=scope.app_id,
        visitor=scope.visitor,
    )
    return {row[0] for row in rows}


def end(c: Connection, turn: Turn, ending: Ending, now: int) -> Turn | None:
    """End a running turn; the next one of its conversation is started and returned."""
    if turn.kind is TurnKind.CONTINUE and not ending.text:
        ending = _with_beginning(c, turn, ending)
    position = _end(c, turn, ending, now)
    if position is None:
        return _running(c, turn) if c.is_again else None
    added = 1 if ending.text or ending.tool_calls else 0
    newest = conversations.end_turn(c, turn.scope, turn.conversation_id, added, now)
    ledger.insert(c, turn, ending, now)
    budgets.settle(c, turn, ending, now)
    if turn.kind is not TurnKind.SAY:
        _settle(c, turn, ending)
    return promote(c, turn.scope, turn.conversation_id) if newest > position else None


def beginning(c: Connection, turn: Turn) -> str:
    """The text that a turn goes on from."""
    if turn.kind is not TurnKind.CONTINUE or turn.target_id is None:
        return ""
    return messages.find(c, turn.scope, turn.conversation_id, turn.target_id)[0].content


def hold_running(c: Connection, turn: Turn) -> bool:
    """Keep everyone else from ending a turn, or adding to its log, until the end of the
    transaction. False if it is not running any more."""
    return c.run(_HOLD, account_id=turn.scope.account_id, id=turn.id) > 0


def _running(c: Connection, turn: Turn) -> Turn | None:
    """The turn that runs in the conversation of another."""
    row = c.one(_RUNNING, account_id=turn.scope.account_id, conversation_id=turn.conversation_id)
    return read_turn(row) if row else None


def stop_queued(c: Connection, scope: Scope, turn_id: str, now: int) -> bool:
    """End a turn that waits, giving its user message a place in the conversation now: it was
    acknowledged, so it is not lost. A message that has its place keeps the answer it had, and one
    that was to come in the place of another is kept beside it."""
    conversations.hold(c, scope, find(c, scope, turn_id).conversation_id)
    # Only now is its state what it will stay.
    turn = find(c, scope, turn_id)
    if turn.state is not State.QUEUED:
        return False
    if turn.kind is TurnKind.EDIT:
        _link_edit(c, turn)
    elif messages.state(c, scope, turn.user_message_id) is State.QUEUED:
        _place(c, turn)
    ending = Ending(State.STOPPED, "stopped")
    if _end(c, turn, ending, now) is None:
        return False
    budgets.settle(c, turn, ending, now)
    return True


def last_open(c: Connection, scope: Scope, conversation_id: str) -> Turn | None:
    """The newest turn of a conversation that waits or runs."""
    row = c.one(_LAST_OPEN, account_id=scope.account_id, conversation_id=conversation_id)
    return read_turn(row) if row else None


def promote(c: Connection, scope: Scope, conversation_id: str) -> Turn | None:
    """Start the turn that has waited longest, if one waits."""
    row = c.one(_NEXT, account_id=scope.account_id, conversation_id=conversation_id)
    return run_queued(c, read_turn(row)) if row else None


def run_queued(c: Connection, turn: Turn) -> Turn:
    """Start a turn that waits."""
    c.do(_RUN, account_id=turn.scope.account_id, id=turn.id)
    _place(c, replace(turn, state=State.RUNNING))
    return find(c, turn.scope, turn.id)


def _end(c: Connection, turn: Turn, ending: Ending, now: int) -> int | None:
    """Compare and set: of two ends of a turn the first stands. The place of the turn among those
    of its conversation, None if it has ended before."""
    error, usage, scope = ending.error, ending.usage, turn.scope
    row = c.one(
        _END,
        account_id=scope.account_id,
        id=turn.id,
        before=turn.state,
        state=ending.state,
        now=now,
        reason=ending.reason,
        error_code=error.code if error else None,
        error_message=error.message if error else None,
        error_retryable=int(error.retryable) if error else None,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        usage_estimated=int(usage.estimated) if usage else None,
        left_out=ending.left_out,
        log_end=_log_end(c, turn, ending),
        citations=write_citations(ending.citations),
        model=ending.model or turn.model,
    )
    if row is None:
        return None
    messages.finish(c, scope, turn.answer_id, ending)
    return int(row[0])


def _log_end(c: Connection, turn: Turn, ending: Ending) -> int:
    if ending.log_end is not None:
        return ending.log_end
    number, characters = events.last(c, turn.scope, turn.id)
    # Text that is not in the log is told as one more event, and each tool called as another.
    lost_calls = len(ending.tool_calls) - len(events.called(c, turn.scope, turn.id))
    return number + (len(ending.text) > characters) + lost_calls


def _place(c: Connection, turn: Turn) -> None:
    """Give the messages of a turn that waited their place in the conversation."""
    scope = turn.scope
    messages.link(c, scope, turn.answer_id, turn.user_message_id, State.RUNNING)
    tip = conversations.head(c, scope, turn.conversation_id)
    match turn.kind:
        case TurnKind.SAY:
            _place_said(c, turn, tip)
        case TurnKind.EDIT:
            _link_edit(c, turn)
            _move(c, turn, turn.answer_id)
        case TurnKind.REGENERATE:
            c.do(_AIM, account_id=scope.account_id, id=turn.id, target_id=tip)
            _move(c, turn, turn.answer_id)
        case TurnKind.RETRY | TurnKind.CONTINUE:
            _replace_answer(c, turn, tip)


def _place_said(c: Connection, turn: Turn, tip: str | None) -> None:
    """Put what a turn that waited was asked behind the message that it named, or the tip."""
    scope = turn.scope
    first = messages.first_said(c, turn)
    parent_id = first.parent_id or tip
    messages.link(c, scope, first.id, parent_id, State.COMPLETED)
    if first.depth > 1:
        messages.complete(c, scope, turn.user_message_id)
        note(c, scope, turn.conversation_id)
    if parent_id == tip:
        conversations.extend(c, scope, turn.conversation_id, turn.answer_id, first.depth)
    elif turn.state is State.RUNNING:
        # One that was stopped before it ran leaves the conversation as it is.
        _move(c, turn, turn.answer_id)


def _link_edit(c: Connection, turn: Turn) -> None:
    """Put a message beside the one in whose place it comes."""
    assert turn.target_id is not None
    _, parent_id = messages.find(c, turn.scope, turn.conversation_id, turn.target_id)
    messages.link(c, turn.scope, turn.user_message_id, parent_id, State.COMPLETED)


def _replace_answer(c: Connection, turn: Turn, tip: str | None) -> None:
    """Put a new answer in the place of an earlier one. What was said after that one stays said,
    and follows the new answer."""
    assert turn.target_id is not None
    messages.adopt(c, turn.scope, turn.conversation_id, turn.target_id, turn.answer_id)
    _move(c, turn, turn.answer_id if tip == turn.target_id else tip)


def _with_beginning(c: Connection, turn: Turn, ending: Ending) -> Ending:
    """The end of a turn that did not come to saying what it was to go on from, which stays said."""
    said = beginning(c, turn)
    if ending.log_end is None:
        return replace(ending, text=said)
    log_end = max(ending.log_end, log_end_without_log(said, ending.tool_calls))
    return replace(ending, text=said, log_end=log_end)


def _settle(c: Connection, turn: Turn, ending: Ending) -> None:
    """Count anew what may have ended beside the head branch, and leave a branch that has come to
    nothing, unless something else has been said on it."""
    tip = conversations.head(c, turn.scope, turn.conversation_id)
    says_nothing = not ending.text and not ending.tool_calls
    came_to_nothing = turn.kind is TurnKind.REGENERATE and says_nothing
    _move(c, turn, turn.target_id if came_to_nothing and tip == turn.answer_id else tip)


def _move(c: Connection, turn: Turn, tip: str | None) -> None:
    count = messages.count(c, turn.scope, tip)
    conversations.move(c, turn.scope, turn.conversation_id, tip, count)


def _missing() -> NotFound:
    return NotFound("There is no such turn.")
