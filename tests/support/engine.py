"""A turn engine over a real database and a scripted model."""

from collections.abc import Callable, Iterable
from typing import Any

from tests.support.store import Stores

from parlez.core.cursor import START, Cursor
from parlez.core.events import Numbered, TextDelta
from parlez.core.grounding import Grounding
from parlez.core.identity import Scope
from parlez.core.limits import TurnLimits
from parlez.core.messages import Message
from parlez.core.models import Model
from parlez.core.ports.chat_model import ChatModel, ChatRequest
from parlez.core.ports.turn_store import Started
from parlez.core.prices import PriceList
from parlez.core.turn_engine import TurnEngine
from parlez.core.turns import EndedTurn, Ending, IdempotencyKey, Turn, TurnRequest
from parlez.testing.scripted_model import Script, ScriptedModel

ME = Scope("me")
SOMEBODY_ELSE = Scope("somebody else")
MODEL = Model("scripted", "scripted", "Scripted", "test", 4_096, 1_024)


class OneModel:
    """A catalog of one."""

    def __init__(self, chat_model: ChatModel, model: Model = MODEL):
        self._chat_model = chat_model
        self._model = model

    def list(self) -> list[Model]:
        return [self._model]

    def resolve(self, name: str | None) -> Model:
        return self._model

    def chat_model(self, model: Model) -> ChatModel:
        return self._chat_model


class Ended:
    """Telemetry that keeps what it is told."""

    def __init__(self) -> None:
        self.endings: list[Ending] = []
        self.turns: list[Turn] = []

    def turn_ended(self, turn: Turn, ending: Ending) -> None:
        self.endings.append(ending)
        self.turns.append(turn)


class Rig:
    """An engine and short ways to use it."""

    def __init__(
        self,
        stores: Stores,
        answers: Iterable[Script] | Callable[[ChatRequest], Script],
        grounding: Grounding | None = None,
        model: Model = MODEL,
        **limits: float,
    ):
        self.stores = stores
        self.model = ScriptedModel(answers)
        self.ended = Ended()
        limits.setdefault("flush", 0.0)
        self.engine = TurnEngine(
            stores.turns,
            OneModel(self.model, model),
            TurnLimits(**limits),
            PriceList([MODEL]),
            self.ended,
            grounding,
        )

    async def start(self, text: str = "Hi", key: str | None = None, **fields: Any) -> Started:
        idempotency = IdempotencyKey("test", key, text) if key else None
        return await self.engine.start(ME, TurnRequest(text, **fields), idempotency)

    async def say(self, text: str = "Hi", key: str | None = None, **fields: Any) -> EndedTurn:
        started = await self.start(text, key, **fields)
        return await self.engine.wait(ME, started.turn.id)

    async def events(self, turn: Turn, cursor: Cursor = START) -> list[Numbered]:
        followed = self.engine.follow(ME, turn.id, cursor, 3600)
        return [numbered async for numbered in followed if numbered is not None]

    async def history(self, turn: Turn) -> list[Message]:
        page = await self.stores.conversations.history(ME, turn.conversation_id, 1000, None)
        assert page.conversation.message_count == len(page.messages)
        return page.messages

    async def said(self, turn: Turn) -> list[str]:
        return [message.content for message in await self.history(turn)]


def text_of(events: list[Numbered]) -> str:
    return "".join(each.event.text for each in events if isinstance(each.event, TextDelta))
