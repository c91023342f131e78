"""When a model fails before it says anything, the next of its fallback list answers."""

from dataclasses import replace

import pytest
from tests.support.engine import ME, MODEL, Ended
from tests.support.store import Stores

from parlez.core.errors import (
    ContextOverflow,
    ModelError,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
)
from parlez.core.limits import TurnLimits
from parlez.core.messages import State
from parlez.core.models import Model
from parlez.core.ports.chat_model import ChatModel
from parlez.core.prices import PriceList
from parlez.core.turn_engine import TurnEngine
from parlez.core.turns import TurnRequest
from parlez.testing.scripted_model import Pause, Script, ScriptedModel

NO_PRICES = PriceList([])

FIRST = replace(MODEL, name="first", vendor_name="first", fallback=("second", "third"))
SECOND = replace(MODEL, name="second", vendor_name="second", context_tokens=1_024)
THIRD = replace(MODEL, name="third", vendor_name="third", fallback=("first",))


class ThreeModels:
    """A catalog of three, each of which has a script."""

    def __init__(self, *scripts: Script):
        self.models = {model.name: model for model in (FIRST, SECOND, THIRD)}
        self.chats = {
            name: ScriptedModel([script] * 9)
            for name, script in zip(self.models, scripts, strict=True)
        }

    def list(self) -> list[Model]:
        return [*self.models.values()]

    def resolve(self, name: str | None) -> Model:
        return self.models[name or "first"]

    def chat_model(self, model: Model) -> ChatModel:
        return self.chats[model.name]

    def asked(self) -> tuple[int, ...]:
        return tuple(len(chat.requests) for chat in self.chats.values())


async def say(stores: Stores, *scripts: Script, stream: bool = False, **limits: float):
    catalog = ThreeModels(*scripts)
    ended = Ended()
    engine = TurnEngine(stores.turns, catalog, TurnLimits(flush=0.0, **limits), NO_PRICES, ended)
    started = await engine.start(ME, TurnRequest("Hi", stream=stream))
    told = await engine.wait(ME, started.turn.id)
    stored = await stores.turns.answer(ME, started.turn.id)
    assert (stored.turn.model, stored.text) == (told.turn.model, told.text)
    assert ended.endings[0].model == told.turn.model
    assert started.turn.model == "first"
    return catalog, told


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    "error",
    [
        ModelFailed("down"),
        ModelUnavailable("the key is wrong"),
        ModelOverloaded("later"),
        ModelTimeout("silent"),
    ],
)
async def test_the_next_one_answers_and_the_turn_says_who(stores, error, stream):
    catalog, told = await say(stores, [error], "Hello", "never", stream=stream)
    assert (told.turn.model, told.text) == ("second", "Hello")
    assert told.turn.state is State.COMPLETED
    assert catalog.asked() == (1, 1, 0)


async def test_a_silent_stream_is_given_up_and_the_next_one_asked(stores):
    _, told = await say(stores, [Pause()], "Hello", "never", stream=True, first_token=0.05)
    assert (told.turn.model, told.text) == ("second", "Hello")


async def test_an_answer_that_has_begun_is_not_given_to_another(stores):
    catalog, told = await say(stores, ["Hel", ModelFailed("cut")], "never", "never", stream=True)
    assert (told.turn.model, told.text) == ("first", "Hel")
    assert told.turn.state is State.FAILED
    assert catalog.asked() == (1, 0, 0)


async def test_a_second_one_that_breaks_off_is_the_one_that_failed(stores):
    _, told = await say(
        stores, [ModelFailed("down")], ["Hel", ModelFailed("cut")], "never", stream=True
    )
    assert (told.turn.model, told.text, told.turn.error.message) == ("second", "Hel", "cut")


@pytest.mark.parametrize("error", [ModelRejected("odd"), ContextOverflow("long")])
async def test_what_is_wrong_with_the_request_is_not_tried_elsewhere(stores, error):
    catalog, told = await say(stores, [error], "never", "never")
    assert told.turn.error.code == type(error).code
    assert catalog.asked()[1:] == (0, 0)


async def test_if_all_fail_the_error_is_that_of_the_first(stores):
    errors: list[ModelError] = [ModelOverloaded("busy", retry_after=9), ModelFailed("x")]
    catalog, told = await say(stores, [errors[0]], [errors[1]], [ModelFailed("y")])
    assert (told.turn.error.message, told.turn.error.retry_after) == ("busy", 9)
    assert catalog.asked() == (1, 1, 1)


async def test_all_models_together_have_the_time_of_one(stores):
    catalog, told = await say(stores, [Pause()], [Pause()], [Pause()], whole=0.1)
    assert told.turn.error.code == "model_timeout"
    assert catalog.asked() == (1, 0, 0)


async def test_the_time_that_one_model_took_is_gone_for_the_next(stores):
    slow: Script = [Pause(0.2), ModelFailed("down")]
    catalog, told = await say(stores, slow, [Pause(0.2), "late"], "never", whole=0.3)
    assert told.turn.model == "second"
    assert told.turn.state is State.FAILED
    assert catalog.asked() == (1, 1, 0)


async def test_each_model_gets_what_fits_it(stores):
    catalog = ThreeModels([ModelFailed("down")], "Hello", "never")
    engine = TurnEngine(stores.turns, catalog, TurnLimits(flush=0.0), NO_PRICES, Ended())
    started = await engine.start(ME, TurnRequest("word " * 2_000))
    assert (await engine.wait(ME, started.turn.id)).turn.left_out == 1
    first, second = (
        len(catalog.chats[name].requests[0].messages[-1].content) for name in ("first", "second")
    )
    assert second < first
