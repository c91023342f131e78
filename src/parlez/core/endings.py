"""The ways in which a turn that ran can end, and what it used."""

import logging

from parlez.core.answering import Answer
from parlez.core.bugs import describe
from parlez.core.closing import log_end_without_log
from parlez.core.errors import ParlezError
from parlez.core.events import ToolCalled, Usage
from parlez.core.messages import State
from parlez.core.tokens import estimate_tokens
from parlez.core.turns import Ending, TurnError

logger = logging.getLogger(__name__)


def completed(answer: Answer) -> Ending:
    reason = answer.finished.reason if answer.finished else "stop"
    return _ending(State.COMPLETED, reason, answer)


def interrupted(answer: Answer, state: State, reason: str) -> Ending:
    """Stopped by its caller, or interrupted by the end of the server."""
    return _ending(state, reason, answer)


def failed(answer: Answer, error: Exception) -> Ending:
    """Failed, with what may be told about it; the unexpected is logged and not told."""
    if isinstance(error, ParlezError):
        told = TurnError(type(error).code, error.message, error.retryable, error.retry_after)
    else:
        logger.error("a turn failed unexpectedly: %s", describe(error))
        told = TurnError("internal_error", "The server made a mistake. Try again.", True)
    return _ending(State.FAILED, "error", answer, told)


def _ending(state: State, reason: str, answer: Answer, error: TurnError | None = None) -> Ending:
    recorder, said = answer.recorder, (answer.text, answer.tool_calls)
    return Ending(
        state,
        reason,
        text=answer.text,
        tool_calls=answer.tool_calls,
        error=error,
        usage=_usage(answer, state),
        left_out=answer.left_out,
        model=answer.model,
        log_end=recorder.last_number if recorder else log_end_without_log(*said),
        citations=answer.citations,
    )


def lost(
    reason: str, question: str, said: str, called: tuple[ToolCalled, ...], beginning: str = ""
) -> Ending:
    """The end of a turn whose process is gone, with what its log holds. `beginning` was said before
    the turn."""
    spoken = _spoken(said.removeprefix(beginning), called)
    usage = Usage(estimate_tokens(question), spoken, estimated=True)
    return Ending(
        State.INTERRUPTED, reason, text=said, tool_calls=called, log_end=None, usage=usage
    )


def _usage(answer: Answer, state: State) -> Usage:
    """What the vendor reported, or else a guess. A model that failed before it said anything is
    taken to have cost nothing, as vendors have it."""
    if answer.finished and answer.finished.usage:
        return answer.finished.usage
    if state is State.FAILED and not answer.begun:
        return Usage(0, 0, estimated=True)
    said = answer.text.removeprefix(answer.beginning)
    return Usage(answer.prompt_tokens, _spoken(said, answer.tool_calls), estimated=True)


def _spoken(text: str, called: tuple[ToolCalled, ...]) -> int:
    said = [text, *(call.name + call.arguments for call in called)]
    return sum(estimate_tokens(each) for each in said if each)
