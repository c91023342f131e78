"""The Idempotency-Key header."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from parlez.core.errors import InvalidInput
from parlez.core.turns import IdempotencyKey

LONGEST = 255


def idempotency_key(
    sent: str | None, route: str, asked: Mapping[str, Any]
) -> IdempotencyKey | None:
    """The key that was sent, if one was. `route` names the operation, and `asked` is all that was
    asked for; `stream` does not count, for a caller may come back for the same answer in another
    form. Raises `InvalidInput`.
    """
    if sent is None:
        return None
    if not 1 <= len(sent) <= LONGEST or not sent.isprintable():
        raise InvalidInput(f"An Idempotency-Key has 1 to {LONGEST} printable characters.")
    counted = {name: value for name, value in asked.items() if name != "stream"}
    canonical = json.dumps(counted, sort_keys=True, separators=(",", ":"))
    return IdempotencyKey(route, sent, hashlib.sha256(canonical.encode()).hexdigest())
