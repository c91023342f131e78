"""The domain's errors as HTTP statuses, the one place where they become so."""

import math

from parlez.core import errors
from parlez.http.limit_headers import limit_headers

# The most special class comes first.
_STATUSES: tuple[tuple[type[errors.ParlezError], int], ...] = (
    (errors.TooLarge, 413),
    (errors.UnsupportedMedia, 415),
    (errors.InvalidInput, 400),
    (errors.Unauthenticated, 401),
    (errors.Forbidden, 403),
    (errors.NotFound, 404),
    (errors.RateLimited, 429),
    (errors.Conflict, 409),
    (errors.ModelUnavailable, 503),
    (errors.ModelTimeout, 504),
    (errors.ModelError, 502),
    (errors.StorageError, 503),
    (errors.Interrupted, 503),
)


def status_of(error: errors.ParlezError) -> int:
    for kind, status in _STATUSES:
        if isinstance(error, kind):
            return status
    return 500


def headers_of(error: errors.ParlezError) -> dict[str, str]:
    headers = {}
    if error.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(error.retry_after)))
    if isinstance(error, errors.RateLimited):
        headers |= limit_headers(error.allowances)
    if isinstance(error, errors.Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    return headers
