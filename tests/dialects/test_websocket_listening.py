"""Listening all the time over the WebSocket."""

import asyncio
from base64 import b64decode
from typing import Any

import pytest
from tests.support.people import account_with_voice, key_of, second_account
from tests.support.sockets import World
from tests.support.sounds import SAID, recorded, silence, tone, words_of
from tests.support.vendor import Reply, echo

from parlez.core.errors import ModelFailed, ModelOverloaded
from parlez.core.identity import Right
from parlez.core.sound import HEARING_RATE, Sound
from parlez.testing.scripted_speech import ScriptedActivity, ScriptedVoice

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = (tone(1.0), silence(0.8))
LONG = [f"This is sentence number {number}. " for number in range(30)]


@pytest.fixture
def heard() -> list[Any]:
    """What is heard of the user, one after the other."""
    return ["Tell me about birds"]


@pytest.fixture
def world(sockets: World, heard: list[Any], monkeypatch: pytest.MonkeyPatch) -> World:
    """Its engines hear and say what they are told to."""
    # A short answer takes little time to be heard.
    sockets.script_speech(monkeypatch, heard, ScriptedVoice(seconds_per_word=0.05))
    return sockets


def of(got: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in got if each["type"] == kind]


async def test_a_question_is_answered_aloud(world: World) -> None:
    async with world.owner() as talker:
        await talker.send("listen", language_code="en")
        ready = await talker.until("status", status="listening")
        assert ready["sample_rate"] == HEARING_RATE
        await talker.hear(*QUESTION)
        answer = await talker.until("ai_response")
        end = await talker.until("audio_stream_end")
        await talker.until("status", status="listening")
        got = talker.got
        assert of(got, "transcription")[0]["text"] == "Tell me about birds"
        assert answer["text"] == "You said: Tell me about birds "
        start, chunks = of(got, "audio_stream_start")[0], of(got, "audio_chunk")
        assert (start["format"], start["sample_rate"], start["epoch"]) == ("pcm16", 16_000, 1)
        sound = Sound(b"".join(b64decode(each["data"]) for each in chunks), 16_000)
        assert sound.seconds == pytest.approx(0.05 * 6, abs=0.01)
        assert {each["message_id"] for each in (*chunks, start, end)} == {answer["message_id"]}
        assert list(end["timings"]) == [
            *("received", "transcribed", "first_token", "first_sentence", "first_audio", "end")
        ]
        in_writing = await talker.ask("And in writing?")
        assert in_writing["conversation_id"] == answer["conversation_id"]
    said = await world.contents(answer["conversation_id"])
    assert said[:2] == ["Tell me about birds", "You said: Tell me about birds "]


async def test_an_interruption_keeps_what_was_heard(world: World, heard: list[Any]) -> None:
    heard.append("Stop that please")
    world.vendor.reply = lambda text: Reply(LONG if "birds" in text else ["Well."])
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.until("status", status="listening")
        await talker.hear(*QUESTION)
        first = await talker.until("audio_chunk")
        answer = await talker.until("ai_response")
        assert answer["text"] == "".join(LONG), "it was written long before it was heard"
        await talker.send("played", epoch=first["epoch"], milliseconds=300)
        await talker.hear(*QUESTION)
        await talker.until("pause", epoch=first["epoch"])
        cut = await talker.until("interrupted")
        assert cut["epoch"] > first["epoch"]
        second = await talker.until("ai_response")
        assert second["text"] == "Well."
        after = talker.got[talker.got.index(cut) :]
        assert all(each["epoch"] >= cut["epoch"] for each in of(after, "audio_chunk"))
    said = await world.contents(answer["conversation_id"])
    assert said == ["Tell me about birds", cut["heard"], "Stop that please", "Well."]
    assert "".join(LONG).startswith(cut["heard"])
    # Twenty words a second, and some time until the server heard the voice.
    assert len(cut["heard"].split()) >= 5
    assert len(cut["heard"]) < len("".join(LONG))
    asked = world.vendor.asked[-1]["messages"]
    assert [each["content"] for each in asked][-2:] == [cut["heard"], "Stop that please"]
    turn = await world.parlez.call("GET", f"/turns/{answer['turn_id']}")
    assert (turn.body["text"], turn.body["state"]) == (cut["heard"], "stopped")


async def test_an_answer_that_is_being_written_is_stopped(world: World, heard: list[Any]) -> None:
    heard.append("Stop that please")
    gate = asyncio.Event()
    world.vendor.reply = lambda text: Reply([*LONG[:3], "never"], gate=gate)
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        await talker.until("audio_chunk")
        await talker.hear(tone(1.0))
        cut = await talker.until("interrupted")
        answer = await talker.until("ai_response")
        assert (answer["state"], answer["text"]) == ("stopped", cut["heard"])
        world.vendor.reply = echo
        await talker.send("listen_stop")
        assert (await talker.until("ai_response"))["text"] == "You said: Stop that please "


async def test_stopping_keeps_what_was_heard(world: World) -> None:
    world.vendor.reply = lambda text: Reply(LONG)
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        chunk = await talker.until("audio_chunk")
        await talker.send("stop")
        cut = await talker.until("interrupted")
        await talker.until("status", status="listening")
    async with asyncio.timeout(20):
        while (await world.contents(chunk["conversation_id"]))[1:] != [cut["heard"]]:
            if not cut["heard"]:
                break
            await asyncio.sleep(0.05)


async def test_stopping_and_leaving_keeps_what_was_heard(world: World) -> None:
    world.vendor.reply = lambda text: Reply(LONG)
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        await talker.until("ai_response")
        chunk = await talker.until("audio_chunk")
        await talker.send("stop")
    kept = await world.kept(chunk["turn_id"])
    assert "".join(LONG).startswith(kept)


async def test_what_is_said_can_be_stopped_after_listening_has(world: World) -> None:
    world.vendor.reply = lambda text: Reply(LONG)
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        chunk = await talker.until("audio_chunk")
        await talker.send("listen_stop")
        await talker.send("played", epoch=chunk["epoch"], milliseconds=0)
        await talker.send("stop")
        cut = await talker.until("interrupted")
        assert len(cut["heard"]) < len(LONG[0])
        await talker.until("status", status="listening")
    assert await world.kept(chunk["turn_id"]) == cut["heard"]


async def test_who_listens_in_another_way_can_be_interrupted(
    world: World, heard: list[Any]
) -> None:
    heard.append("Stop that please")
    world.vendor.reply = lambda text: Reply(LONG if "birds" in text else ["Well."])
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        first = await talker.until("audio_chunk")
        await talker.send("listen", silence=0.3, partials=False)
        await talker.until("status", status="listening")
        await talker.hear(*QUESTION)
        await talker.until("pause", epoch=first["epoch"])
        await talker.until("interrupted")
        await talker.until("ai_response", text="Well.")


async def test_what_was_said_goes_where_it_was_said(world: World, heard: list[Any]) -> None:
    heard.append("And about fish")
    async with world.owner() as talker:
        other = (await talker.ask("Elsewhere"))["conversation_id"]
        await talker.init(user_id="me")
        first = (await talker.ask("Here"))["conversation_id"]
        await talker.send("listen")
        await talker.hear(tone(1.0))
        await talker.send("listen", conversation_id=other)
        assert (await talker.until("ai_response"))["conversation_id"] == first
        await talker.hear(*QUESTION)
        assert (await talker.until("ai_response"))["conversation_id"] == other


async def test_epochs_go_on_after_an_engine_has_failed(
    world: World, heard: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    heard.append("And about fish")
    activity = world.parlez.services.speech.require_activity()
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        first = await talker.until("audio_stream_end")
        with monkeypatch.context() as patch:
            patch.setattr(activity, "judge", ScriptedActivity(ModelFailed("It is deaf.")).judge)
            await talker.hear(tone(0.1))
            await talker.until("error")
        # What its microphone had heard until it knew.
        await talker.hear(tone(0.3))
        await talker.send("ping")
        await talker.until("pong")
        await talker.send("listen")
        await talker.hear(*QUESTION)
        assert (await talker.until("audio_chunk"))["epoch"] > first["epoch"]


async def test_the_end_of_listening_is_the_end_of_what_is_said(world: World) -> None:
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(tone(1.0))
        await talker.send("listen_stop")
        await talker.until("ai_response")
        await talker.ws.send_bytes(bytes(64))
        assert await talker.ends() == ("not_listening", 4409)


@pytest.mark.parametrize("frame", [b"", b"odd", bytes(64_002)])
async def test_frames_that_are_none(world: World, frame: bytes) -> None:
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.ws.send_bytes(frame)
        assert await talker.ends() == ("invalid_frame", 4400)


async def test_more_than_a_microphone_can_hear(world: World) -> None:
    async with world.owner() as talker:
        await talker.send("listen")
        for _ in range(15):
            await talker.ws.send_bytes(bytes(64_000))
        assert await talker.ends() == ("too_much_sound", 4429)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"silence": 0}, "invalid_input"),
        ({"language_code": "tlh"}, "unknown_language"),
        ({"conversation_id": f"conv_{'0' * 32}"}, "not_found"),
    ],
)
async def test_what_cannot_be_is_told(world: World, fields: dict[str, Any], code: str) -> None:
    async with world.owner() as talker:
        await talker.send("listen", **fields)
        assert (await talker.until("error"))["code"] == code
        await talker.ask("It goes on")


async def test_who_may_not(world: World) -> None:
    async with world.owner() as talker:
        mine = await talker.ask("Mine")
    async with world.holder(await second_account(world.parlez)) as talker:
        await talker.send("listen")
        assert (await talker.until("error"))["code"] == "forbidden"
    scope = await account_with_voice(world.parlez)
    async with world.holder(await key_of(world.parlez, scope)) as talker:
        await talker.send("listen", conversation_id=mine["conversation_id"])
        assert (await talker.until("error"))["code"] == "not_found"


async def test_the_ledger_tells_what_each_conversation_cost(world: World, heard: list[Any]) -> None:
    heard += ["And about fish", "Now about frogs"]
    scope = await account_with_voice(world.parlez)
    headers = await key_of(world.parlez, scope, frozenset({Right.DATA, Right.ACCOUNT}))
    answers = []
    async with world.holder(headers) as talker:
        await talker.send("listen")
        for place in range(3):
            await talker.hear(*QUESTION)
            answers.append(await talker.until("ai_response"))
            await talker.until("audio_stream_end")
            if place == 1:
                await talker.init()
    first, second, third = (answer["conversation_id"] for answer in answers)
    assert first == second != third
    assert await world.entries(headers, 9) == {first: 6, third: 3}


async def test_when_to_try_again_is_told(world: World, heard: list[Any]) -> None:
    heard[:] = [ModelOverloaded("It is busy.", retry_after=5.0)]
    async with world.owner() as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        error = await talker.until("error")
        assert (error["code"], error["retry_after"]) == ("model_overloaded", 5.0)


async def test_a_revoked_key_ends_a_spoken_answer(world: World) -> None:
    world.vendor.reply = lambda text: Reply([*LONG[:3], "never"], gate=asyncio.Event())
    scope = await account_with_voice(world.parlez)
    headers = await key_of(world.parlez, scope)
    [key] = await world.parlez.services.keys.list(scope)
    async with world.holder(headers) as talker:
        await talker.send("listen")
        await talker.hear(*QUESTION)
        chunk = await talker.until("audio_chunk")
        await world.parlez.services.keys.revoke(scope, key.id)
        assert await talker.ends() == ("unauthenticated", 4401)
    other = await key_of(world.parlez, scope)
    turn = await world.parlez.call("GET", f"/turns/{chunk['turn_id']}", headers=other)
    assert (turn.body["state"], turn.body["text"]) == ("stopped", "".join(LONG[:3]))


async def test_without_the_engine(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    speech = world.parlez.services.speech
    monkeypatch.setattr(speech, "activity", None)
    async with world.owner() as talker:
        await talker.send("listen")
        assert (await talker.until("error"))["code"] == "model_unavailable"
        broken = ScriptedActivity(ModelFailed("It is deaf."))
        monkeypatch.setattr(speech, "activity", broken)
        await talker.send("listen")
        await talker.until("status", status="listening")
        await talker.hear(tone(0.2))
        assert (await talker.until("error"))["code"] == "model_failed"


@pytest.mark.e2e
async def test_a_spoken_conversation(sockets: World) -> None:
    """With the engines that a fresh server has, faster than a microphone."""
    async with sockets.owner() as talker:
        await talker.send("listen")
        await talker.until("status", status="listening")
        said = recorded()
        await talker.hear(silence(0.3), said, silence(1.0), pace=0.03)
        final = await talker.until("transcription", is_final=True)
        assert words_of(final["text"]) == words_of(SAID)
        chunk = await talker.until("audio_chunk")
        assert len(b64decode(chunk["data"])) > 10_000
        # The user comes in between.
        await talker.hear(said, pace=0.03)
        await talker.until("pause", epoch=chunk["epoch"])
        cut = await talker.until("interrupted")
        await talker.send("listen_stop")
        answer = await talker.until("ai_response", state="completed")
        while answer["text"] == cut["heard"]:
            answer = await talker.until("ai_response", state="completed")
    contents = await sockets.contents(cut["conversation_id"])
    assert contents[0] == final["text"]
    if cut["heard"]:
        assert contents[1] == cut["heard"]
