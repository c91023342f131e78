"""Holding on to a caller for longer than a moment."""

from contextlib import aclosing

from parlez.core.errors import Unauthenticated
from parlez.core.following import Followed
from parlez.core.identity import Caller
from parlez.http.gate import Gate


async def while_good(events: Followed, caller: Caller, gate: Gate) -> Followed:
    """Events for as long as the caller would be let in. Raises `Unauthenticated`."""
    epoch = caller.epoch
    async with aclosing(events):
        async for event in events:
            if gate.epoch != epoch or gate.is_past(caller):
                epoch = gate.epoch
                if not await gate.is_good(caller):
                    raise ended_credential()
            yield event


def ended_credential() -> Unauthenticated:
    return Unauthenticated("The credential was revoked, or its time is over.")
