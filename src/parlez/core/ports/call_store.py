"""What is remembered of calls that are limited, so that a restart forgives none."""

from typing import Protocol

from parlez.core.identity import Scope


class CallStore(Protocol):
    async def since(self, scope: Scope, subject: str, time: int) -> list[int]:
        """When a subject's counted calls were made, from a time on; microseconds since 1970. Calls
        are added by `TurnStore.start` and `PaidCallStore.settle`, in the transactions that they
        pay for."""
        ...
