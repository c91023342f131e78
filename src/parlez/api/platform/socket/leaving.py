"""Why a WebSocket is closed."""

from enum import IntEnum

from parlez.core.errors import (
    Forbidden,
    InvalidInput,
    ParlezError,
    RateLimited,
    TooLarge,
    Unauthenticated,
)


class Close(IntEnum):
    """Codes of closing: https://www.iana.org/assignments/websocket/websocket.xhtml and, from 4000
    on, our own, after the statuses of HTTP."""

    TOO_LARGE = 1009
    BUG = 1011
    COME_BACK = 1012
    MALFORMED = 4400
    UNAUTHENTICATED = 4401
    FORBIDDEN = 4403
    TOO_SLOW = 4408
    OUT_OF_ORDER = 4409
    TOO_MUCH = 4429


class Leave(Exception):
    """The connection is to be closed, after an `error` of this code and message."""

    def __init__(self, close: Close, code: str, message: str):
        super().__init__(code)
        self.close = close
        self.code = code
        self.message = message


class Gone(Exception):
    """The client is not there any more."""


_CLOSES: tuple[tuple[type[ParlezError], Close], ...] = (
    (Unauthenticated, Close.UNAUTHENTICATED),
    (Forbidden, Close.FORBIDDEN),
    (RateLimited, Close.TOO_MUCH),
    (TooLarge, Close.TOO_LARGE),
    (InvalidInput, Close.MALFORMED),
)


def leave_for(error: ParlezError) -> Leave:
    """For somebody who could not be let in."""
    close = next((close for kind, close in _CLOSES if isinstance(error, kind)), Close.COME_BACK)
    return Leave(close, error.code, error.message)
