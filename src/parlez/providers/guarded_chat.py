"""A chat model behind its vendor's breaker."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager

from parlez.core.errors import (
    ModelError,
    ModelFailed,
    ModelTimeout,
    ModelUnavailable,
    ModelUnreachable,
)
from parlez.core.events import LoggedEvent
from parlez.core.ports.chat_model import ChatModel, ChatRequest, Completion, Finished
from parlez.providers.breaker import Breaker

LONG_SILENCE_SECONDS = 20.0
LONG_WHOLE_SECONDS = 120.0

_DOWN = (ModelUnreachable, ModelFailed, ModelTimeout)


class GuardedChat:
    """Implements `core.ports.chat_model.ChatModel` over another one.

    While the breaker is open it fails at once, with `ModelUnavailable` that says when to come back.
    A vendor that says anything is not down, whatever becomes of the rest. Whoever stops waiting
    after a long silence counts as a failure: the domain's own time limits cancel a call, and may
    be shorter than the adapter's.
    """

    def __init__(
        self, chat: ChatModel, breaker: Breaker, vendor_name: str, now: Callable[[], float]
    ) -> None:
        self._chat = chat
        self._breaker = breaker
        self._vendor_name = vendor_name
        self._now = now

    async def complete(self, request: ChatRequest) -> Completion:
        """Wait for the whole answer."""
        with self._watched(LONG_WHOLE_SECONDS):
            return await self._chat.complete(request)

    async def stream(self, request: ChatRequest) -> AsyncGenerator[LoggedEvent | Finished, None]:
        """Yield the answer as it comes."""
        async with aclosing(self._chat.stream(request)) as events:
            with self._watched(LONG_SILENCE_SECONDS):
                first = await anext(events)
            yield first
            async for event in events:
                yield event

    @contextmanager
    def _watched(self, patience: float) -> Iterator[None]:
        wait = self._breaker.admit()
        if wait is not None:
            raise ModelUnavailable(
                f"{self._vendor_name} failed several times in a row and is left alone for a "
                "while. Try again later, or choose a model of another vendor.",
                retry_after=wait,
            )
        began = self._now()
        try:
            yield
        except _DOWN:
            self._breaker.failed()
            raise
        except ModelError:
            self._breaker.succeeded()
            raise
        except (asyncio.CancelledError, GeneratorExit):
            if self._now() - began >= patience:
                self._breaker.failed()
            else:
                self._breaker.gave_up()
            raise
        except BaseException:
            self._breaker.gave_up()
            raise
        self._breaker.succeeded()
