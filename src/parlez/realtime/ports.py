"""What a voice session needs from outside."""

from collections.abc import AsyncGenerator, AsyncIterable
from typing import TYPE_CHECKING, Any, Protocol

from parlez.core.errors import ParlezError
from parlez.core.sound import Sound
from parlez.core.speech import Spoken

if TYPE_CHECKING:
    from parlez.realtime.reply import Reply


class Ear(Protocol):
    async def listen(self, sound: Sound) -> str:
        """What is said. Raises `ParlezError`."""
        ...

    async def glimpse(self, sound: Sound) -> str | None:
        """A first impression of what is being said, where that costs nothing. Raises
        `ParlezError`."""
        ...


class Mouth(Protocol):
    def recite(
        self, sentences: AsyncIterable[str], conversation_id: str
    ) -> AsyncGenerator[Spoken, None]:
        """Sentences of a conversation aloud while they come. Raises `ParlezError`."""
        ...


class Begin(Protocol):
    async def __call__(self, text: str, reply: "Reply") -> None:
        """Have what was said answered: the answer is written to `reply.text` while it is made, and
        `reply.speak` called meanwhile. Raises `ParlezError`."""
        ...


class Brain(Protocol):
    def here(self) -> "Begin":
        """What has what is said now answered, once it is known."""
        ...

    async def cut_short(self, reply: "Reply", heard: str) -> None:
        """End the answer, and keep only what was heard of it. Raises `ParlezError`."""
        ...


class Client(Protocol):
    async def send(self, kind: str, /, **fields: Any) -> None:
        """One message. Waits while the client does not read."""
        ...

    async def tell(self, error: ParlezError, /, **fields: Any) -> None:
        """What went wrong, as a message."""
        ...
