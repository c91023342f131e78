"""A stream that is cut at any event and resumed gives the same characters, whatever has become of
the server in between."""

import asyncio
import random

import aiohttp
import pytest
from tests.chaos.listener import Listener
from tests.support.house import House
from tests.support.oracle import Question

PIECES = 12
MOST_EVENTS = PIECES + 3
"""Each piece an event of its own, and start, usage and end."""


def question(name: int, pieces: int = PIECES, pace: float = 0.025) -> Question:
    return Question(f"q{name}", pieces, 9, pace)


async def check_every_cut(url: str, whole: Listener) -> None:
    """Resume a turn that has ended from each of its events."""
    heard = await asyncio.gather(
        *(whole.resume_from(url, place) for place in range(len(whole.events)))
    )
    for each in heard:
        assert [(event.id, event.type, event.data) for event in each.events] == [
            (event.id, event.type, event.data) for event in whole.events
        ]
    assert await whole.resume(url) == 204


async def test_cut_at_every_event_while_it_is_made(
    house: House, client: aiohttp.ClientSession
) -> None:
    url = house.server.url

    async def cut(most: int) -> None:
        listener = Listener(client, question(most))
        await listener.ask(url, most)
        assert len(listener.events) == most
        while await listener.resume(url) != 204:
            assert listener.text == question(most).answer
        assert listener.state == "completed"

    await asyncio.gather(*(cut(most) for most in range(1, MOST_EVENTS - 3)))


async def test_cut_again_and_again(
    house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    url = house.server.url

    async def cut(number: int) -> None:
        listener = Listener(client, question(number, 30, 0.01))
        await listener.ask(url, chance.randint(1, 3))
        while await listener.resume(url, chance.randint(1, 5)) != 204:
            pass
        assert listener.text == question(number, 30).answer

    await asyncio.gather(*(cut(number) for number in range(10)))


async def test_cut_at_every_event_after_the_end(
    house: House, client: aiohttp.ClientSession
) -> None:
    listener = Listener(client, question(0))
    await listener.ask(house.server.url)
    assert listener.text == question(0).answer
    await check_every_cut(house.server.url, listener)
    await house.server.kill()
    await house.start()
    await check_every_cut(house.server.url, listener)


@pytest.mark.parametrize("round_", range(5))
async def test_cut_by_a_kill(
    round_: int, house: House, client: aiohttp.ClientSession, chance: random.Random
) -> None:
    listeners = [Listener(client, question(number, 25, 0.02)) for number in range(12)]
    url = house.server.url
    # Some have dropped their connection before, at any event; the others are cut by the kill.
    asking = [
        asyncio.create_task(listener.ask(url, chance.choice([None, number + 1])))
        for number, listener in enumerate(listeners)
    ]
    enough = chance.randint(20, 150)
    while sum(len(listener.events) for listener in listeners) < enough:
        await asyncio.sleep(0.005)
    await house.server.kill()
    await asyncio.gather(*asking, return_exceptions=True)
    heard = [listener for listener in listeners if listener.path]
    assert heard
    url = (await house.start()).url
    for listener in heard:
        assert await listener.resume(url) == 200 or listener.state
        assert listener.state in ("interrupted", "completed")
        async with client.get(url + listener.path) as response:
            turn = await response.json()
        assert turn["text"] == listener.text
        assert turn["state"] == listener.state
        assert await listener.resume(url) == 204
    assert any(listener.state == "interrupted" and listener.text for listener in heard)
    await check_every_cut(url, max(heard, key=lambda listener: len(listener.events)))


async def test_cut_by_a_clean_restart(house: House, client: aiohttp.ClientSession) -> None:
    house.settings["PARLEZ_SHUTDOWN_SECONDS"] = "2.5"
    url = (await house.start()).url
    # Some end within the time that a stop leaves them, the others are interrupted.
    questions = [question(number, 30, 0.04 if number % 2 else 0.25) for number in range(8)]
    listeners = [Listener(client, each) for each in questions]
    asking = [asyncio.create_task(listener.ask(url)) for listener in listeners]
    while not all(listener.text for listener in listeners):
        await asyncio.sleep(0.005)
    await house.server.end()
    await asyncio.gather(*asking)
    assert all(listener.told_to_resume for listener in listeners)
    url = (await house.start()).url
    for number, listener in enumerate(listeners):
        assert await listener.resume(url) == 200
        assert listener.state == ("completed" if number % 2 else "interrupted")
        assert listener.text == questions[number].answer or not number % 2
        assert await listener.resume(url) == 204
        await check_every_cut(url, listener)
