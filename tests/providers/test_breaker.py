"""The breaker, and a chat model behind it."""

import asyncio
from contextlib import aclosing

import pytest

from parlez.core.errors import (
    ContextOverflow,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
    ModelUnreachable,
)
from parlez.core.events import TextDelta
from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Prompt
from parlez.providers.breaker import MOST_FAILURES, PAUSE_SECONDS, Breaker, State
from parlez.providers.guarded_chat import LONG_SILENCE_SECONDS, GuardedChat
from parlez.testing.scripted_model import Pause, ScriptedModel

QUESTION = ChatRequest("m", [Prompt(Role.USER, "Hi")])


class HandClock:
    """A clock that is moved by hand."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def breaker(clock):
    return Breaker(clock)


@pytest.fixture
def guard(breaker, clock):
    return lambda script: GuardedChat(ScriptedModel(lambda _: script), breaker, "Vendor", clock)


def state_of(breaker):
    return breaker.state


async def fail(chat, times, kind=ModelFailed):
    for number in range(times):
        with pytest.raises(kind):
            if number % 2:
                await chat.complete(QUESTION)
            else:
                await anext(chat.stream(QUESTION))


@pytest.mark.parametrize("kind", [ModelFailed, ModelTimeout, ModelUnreachable])
async def test_it_opens_after_so_many_failures_and_refuses_at_once(guard, breaker, kind):
    down = guard([kind("down")])
    await fail(down, MOST_FAILURES - 1, kind)
    assert state_of(breaker) is State.CLOSED
    await fail(down, 1, kind)
    assert state_of(breaker) is State.OPEN
    with pytest.raises(ModelUnavailable, match="Vendor failed several times") as caught:
        await guard("never asked").complete(QUESTION)
    assert caught.value.retry_after == PAUSE_SECONDS


@pytest.mark.parametrize(
    "error",
    [
        ModelRejected("no"),
        ContextOverflow("long"),
        ModelOverloaded("later"),
        ModelUnavailable("the key is wrong"),
    ],
)
async def test_a_vendor_that_refuses_is_not_down(guard, breaker, error):
    await fail(guard([ModelFailed("down")]), MOST_FAILURES - 1)
    await fail(guard([error]), 1, type(error))
    await fail(guard([ModelFailed("down")]), MOST_FAILURES - 1)
    assert state_of(breaker) is State.CLOSED


async def test_a_success_forgets_the_failures(guard, breaker):
    await fail(guard([ModelFailed("down")]), MOST_FAILURES - 1)
    assert (await guard("Hello").complete(QUESTION)).text == "Hello"
    assert breaker.failures == 0


async def test_half_open_one_call_passes_and_closes_it(guard, breaker, clock):
    await fail(guard([ModelFailed("down")]), MOST_FAILURES)
    clock.seconds += PAUSE_SECONDS - 1
    with pytest.raises(ModelUnavailable) as caught:
        await guard("x").complete(QUESTION)
    assert caught.value.retry_after == 1.0
    clock.seconds += 1
    assert state_of(breaker) is State.HALF_OPEN
    trial = asyncio.create_task(guard([Pause(0.05), "Hello"]).complete(QUESTION))
    await asyncio.sleep(0)
    with pytest.raises(ModelUnavailable):
        await guard("x").complete(QUESTION)
    assert (await trial).text == "Hello"
    assert state_of(breaker) is State.CLOSED


async def test_half_open_one_failure_opens_it_again(guard, breaker, clock):
    await fail(guard([ModelFailed("down")]), MOST_FAILURES)
    clock.seconds += PAUSE_SECONDS
    await fail(guard([ModelFailed("down")]), 1)
    assert state_of(breaker) is State.OPEN


async def test_a_caller_who_leaves_gives_the_trial_back(guard, breaker, clock):
    await fail(guard([ModelFailed("down")]), MOST_FAILURES)
    clock.seconds += PAUSE_SECONDS
    trial = asyncio.create_task(guard([Pause()]).complete(QUESTION))
    await asyncio.sleep(0)
    trial.cancel()
    await asyncio.wait([trial])
    assert (await guard("Hello").complete(QUESTION)).text == "Hello"


async def test_who_stops_waiting_after_a_long_silence_counts(guard, breaker, clock):
    for seconds in [LONG_SILENCE_SECONDS - 1, *[LONG_SILENCE_SECONDS] * MOST_FAILURES]:
        assert state_of(breaker) is State.CLOSED
        waiting = asyncio.create_task(anext(guard([Pause()]).stream(QUESTION)))
        await asyncio.sleep(0)
        clock.seconds += seconds
        waiting.cancel()
        await asyncio.wait([waiting])
    assert state_of(breaker) is State.OPEN


async def test_a_vendor_that_speaks_is_not_down_even_if_it_breaks_off(guard, breaker):
    for _ in range(MOST_FAILURES + 1):
        async with aclosing(guard(["Hel", ModelFailed("cut")]).stream(QUESTION)) as events:
            assert await anext(events) == TextDelta("Hel")
            with pytest.raises(ModelFailed):
                await anext(events)
    assert state_of(breaker) is State.CLOSED


async def test_a_stream_that_is_closed_early_closes_the_one_behind(guard):
    async with aclosing(guard(["Hel", Pause()]).stream(QUESTION)) as events:
        assert await anext(events) == TextDelta("Hel")
