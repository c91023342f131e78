"""The headers that say how a caller's limits stand.

`RateLimit-Policy` and `RateLimit` as in draft-ietf-httpapi-ratelimit-headers-10: for each limit,
`q` calls within `w` seconds, `r` of them left, and `t` seconds until there is one more.
"""

import math
from collections.abc import Sequence

from parlez.core.limits import Allowance, CallLimit

_NAMES = {60: "minute", 3_600: "hour", 86_400: "day"}


def limit_headers(allowances: Sequence[Allowance]) -> dict[str, str]:
    """None for a caller without limits."""
    if not allowances:
        return {}
    limits = [each.limit for each in allowances]
    policy = (f'"{_name(limit)}";q={limit.calls};w={limit.seconds}' for limit in limits)
    left = (
        f'"{_name(each.limit)}";r={each.left};t={math.ceil(each.more_in)}' for each in allowances
    )
    return {"RateLimit-Policy": ", ".join(policy), "RateLimit": ", ".join(left)}


def _name(limit: CallLimit) -> str:
    return _NAMES.get(limit.seconds, f"{limit.seconds}s")
