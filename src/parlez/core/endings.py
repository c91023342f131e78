"""The four ways in which a turn that ran can end."""

import logging

from parlez.core.answering import Answer
from parlez.core.bugs import describe
from parlez.core.closing import log_end_without_log
from parlez.core.errors import ParlezError
from parlez.core.messages import State
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
    recorder = answer.recorder
    return Ending(
        state,
        reason,
        text=answer.text,
        error=error,
        usage=answer.finished.usage if answer.finished else None,
        left_out=answer.left_out,
        model=answer.model,
        log_end=recorder.last_number if recorder else log_end_without_log(answer.text),
    )
