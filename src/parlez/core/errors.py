"""Everything that can go wrong, as the domain sees it.

ParlezError
├── InvalidInput            the caller sent something that cannot be used
│   ├── TooLarge            … because there is too much of it
│   └── UnsupportedMedia    … because it is not of a type that is read here
├── Unauthenticated         no credential, or a wrong one
├── Forbidden               a good credential that may not do this
├── NotFound                no such thing, or one that belongs to somebody else
├── Conflict                the request and the state of things do not fit
│   ├── QueueFull           a conversation has as many waiting turns as it takes
│   └── IdempotencyMismatch a key was sent again with another body
├── RateLimited             the caller has called as often as it may for now
│   └── BudgetExceeded      … or spent as much
├── ModelError              the language model did not answer
│   ├── ModelUnavailable    it cannot be used at all
│   │   ├── ModelUnreachable … because no connection to it can be made
│   │   └── ModelOverloaded … because it asks to be left alone for a while
│   ├── ModelFailed         it answered with an error, or with nonsense
│   ├── ModelRejected       it understood the request and refuses it
│   ├── ModelTimeout        it took longer than it may
│   └── ContextOverflow     the prompt is longer than it can read
├── StorageError            the database did not take or give something
│   ├── StorageFull         the disk, or the database's size limit, is reached
│   └── StorageBusy         another process holds the lock
└── Interrupted             the server is shutting down, or was restarted

Messages are for people: they say what happened and what to do about it, and they never hold
the text of a message, a secret, or words of a vendor's that could repeat either.
"""

from collections.abc import Iterator

from parlez.core.limits import Allowance


class ParlezError(Exception):
    """Base of all errors that a caller may be told about.

    `code` names the kind for programs, `message` explains it to people, and `retryable` says
    whether the same request may succeed later.
    """

    code = "error"
    retryable = False

    def __init__(self, message: str, *, code: str | None = None, retry_after: float | None = None):
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.retry_after = retry_after
        """Seconds to wait before another try, where somebody said so."""


class InvalidInput(ParlezError):
    """`param` names the part that cannot be used, where one does."""

    code = "invalid_input"

    def __init__(self, message: str, *, code: str | None = None, param: str | None = None):
        super().__init__(message, code=code)
        self.param = param


class TooLarge(InvalidInput):
    code = "too_large"


class UnsupportedMedia(InvalidInput):
    code = "unsupported_media_type"


class Unauthenticated(ParlezError):
    code = "unauthenticated"


class Forbidden(ParlezError):
    code = "forbidden"


class NotFound(ParlezError):
    code = "not_found"


class Conflict(ParlezError):
    code = "conflict"


class QueueFull(Conflict):
    code = "queue_full"
    retryable = True


class IdempotencyMismatch(Conflict):
    code = "idempotency_mismatch"


class RateLimited(ParlezError):
    """`retry_after` is the seconds until the next call may come, `reset_at` when that is, in
    microseconds since 1970, UTC, and `allowances` how the limits stand, where they count calls."""

    code = "rate_limited"
    retryable = True

    def __init__(
        self,
        message: str,
        *,
        retry_after: float,
        reset_at: int,
        allowances: tuple[Allowance, ...] = (),
    ):
        super().__init__(message, retry_after=retry_after)
        self.reset_at = reset_at
        self.allowances = allowances


class BudgetExceeded(RateLimited):
    code = "budget_exceeded"


class ModelError(ParlezError):
    code = "model_error"


class ModelUnavailable(ModelError):
    code = "model_unavailable"
    retryable = True


class ModelUnreachable(ModelUnavailable):
    code = "model_unreachable"


class ModelOverloaded(ModelUnavailable):
    code = "model_overloaded"


class ModelFailed(ModelError):
    code = "model_failed"
    retryable = True


class ModelRejected(ModelError):
    code = "model_rejected"


class ModelTimeout(ModelError):
    code = "model_timeout"
    retryable = True


class ContextOverflow(ModelRejected):
    """The prompt does not fit.

    `prompt_tokens` and `limit_tokens` are what the model counted, where it said so.
    """

    code = "context_overflow"

    def __init__(
        self,
        message: str,
        *,
        prompt_tokens: int | None = None,
        limit_tokens: int | None = None,
    ):
        super().__init__(message)
        self.prompt_tokens = prompt_tokens
        self.limit_tokens = limit_tokens


class StorageError(ParlezError):
    code = "storage_error"
    retryable = True


class StorageFull(StorageError):
    code = "storage_full"


class StorageBusy(StorageError):
    code = "storage_busy"


class Interrupted(ParlezError):
    code = "interrupted"
    retryable = True


def restore(code: str, message: str, retry_after: float | None = None) -> ParlezError:
    """The error that was kept as the code of its class and its message."""
    kinds = (kind for kind in _family(ParlezError) if kind.code == code)
    error = next(kinds, ParlezError)(message)
    error.retry_after = retry_after
    return error


def _family(kind: type[ParlezError]) -> Iterator[type[ParlezError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)
