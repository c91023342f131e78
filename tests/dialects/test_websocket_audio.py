"""Whole utterances over the WebSocket, answered aloud."""

import asyncio
from base64 import b64decode, b64encode
from typing import Any

import pytest
from tests.support.people import account_with_voice, key_of, second_account
from tests.support.sockets import PATIENCE, Talker, World
from tests.support.sounds import SAID, file_of, recorded, silence, tone, words_of
from tests.support.vendor import Reply, echo

from parlez.core.errors import ModelFailed
from parlez.core.identity import Right
from parlez.core.sound import HEARING_RATE
from parlez.core.speech_engines import Missing, SpeechEngines
from parlez.core.turns import Turn
from parlez.http.turn_answers import begin_turn
from parlez.speech.files.wav import samples_of, wav_of
from parlez.testing.scripted_speech import ScriptedTranscriber, ScriptedVoice

pytestmark = pytest.mark.asyncio(loop_scope="module")

QUESTION = b64encode(wav_of(tone(0.5))).decode()
KINDS = "/api/usage?by=kind"
ANSWER = ["It is ", "sunny. It", " will rain", " tomorrow. Take", " care."]


@pytest.fixture
def voice() -> ScriptedVoice:
    return ScriptedVoice()


@pytest.fixture
def world(sockets: World, voice: ScriptedVoice, monkeypatch: pytest.MonkeyPatch) -> World:
    """Its engines hear and say what they are told to."""
    sockets.vendor.reply = lambda text: Reply(ANSWER)
    missing = {"azure": Missing("Azure", "It has no key.")}
    sockets.script_speech(monkeypatch, lambda _: "How is the weather?", voice, missing)
    return sockets


async def heard_until_the_end(talker: Talker) -> list[dict[str, Any]]:
    await talker.until("audio_stream_end")
    await talker.until("status", status="listening")
    return talker.got


def of(got: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [each for each in got if each["type"] == kind]


async def test_a_question_is_answered_aloud(world: World, voice: ScriptedVoice) -> None:
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        got = await heard_until_the_end(talker)
        kinds = [each["type"] for each in got]
        assert of(got, "transcription")[0]["text"] == "How is the weather?"
        [answer] = of(got, "ai_response")
        assert answer["text"] == "".join(ANSWER)
        [start], [end] = of(got, "audio_stream_start"), of(got, "audio_stream_end")
        assert (start["format"], start["provider"], start["voice"]) == ("wav", "scripted", "tone")
        chunks = of(got, "audio_chunk")
        assert [each["index"] for each in chunks] == list(range(len(chunks)))
        file = b"".join(b64decode(each["data"]) for each in chunks)
        assert end["chunks"] == len(chunks)
        assert len(samples_of(file)) == sum(
            2 * int(0.2 * len(each.split()) * HEARING_RATE) for each in voice.said
        )
        assert voice.said == ["It is sunny. ", "It will rain tomorrow. ", "Take care."]
        for each in (answer, start, end, *chunks):
            assert each["message_id"] == answer["message_id"]
        assert [each["status"] for each in of(got, "status")] == [
            *("processing", "processing", "speaking", "listening")
        ]
        assert kinds.index("transcription") < kinds.index("message_chunk")
        assert list(end["timings"]) == [
            *("received", "transcribed", "first_token", "first_sentence", "first_audio", "end")
        ]
        assert sorted(end["timings"].values()) == list(end["timings"].values())
        assert set(answer["timings"]) >= {"received", "transcribed", "first_token", "end"}
        more = await talker.ask("And on Monday?")
        assert more["conversation_id"] == answer["conversation_id"]
    said = await world.contents(answer["conversation_id"])
    assert said == ["How is the weather?", "".join(ANSWER), "And on Monday?", "".join(ANSWER)]


async def test_the_first_sentence_is_said_while_the_rest_is_written(
    world: World, voice: ScriptedVoice
) -> None:
    gate = asyncio.Event()
    world.vendor.reply = lambda text: Reply(["One. ", "Two", " words."], gate=gate)
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        await talker.until("audio_chunk")
        assert not of(talker.got, "ai_response")
        gate.set()
        await heard_until_the_end(talker)
    assert voice.said == ["One. ", "Two words."]


@pytest.mark.parametrize("form", ["mp3", "opus"])
async def test_other_forms(world: World, form: str) -> None:
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION, tts_format=form)
        got = await heard_until_the_end(talker)
        assert of(got, "audio_stream_start")[0]["format"] == form
        file = b"".join(b64decode(each["data"]) for each in of(got, "audio_chunk"))
        assert file.startswith((b"OggS", b"ID3", b"\xff"))


@pytest.mark.parametrize("form", ["wav", "webm", "ogg", "mp3", None])
async def test_files_of_many_kinds_are_heard(world: World, form: str | None) -> None:
    data = file_of(tone(0.5), form or "webm")
    fields = {"format": form} if form else {}
    async with world.owner() as talker:
        await talker.send("audio", audio_data=b64encode(data).decode(), **fields)
        await talker.until("transcription")


async def test_what_was_said_goes_where_it_was_said(world: World) -> None:
    async with world.owner() as talker:
        first = (await talker.ask("Hello"))["conversation_id"]
        await talker.send("audio", audio_data=QUESTION)
        await talker.send("init", user_id="somebody else")
        heard = await talker.until("ai_response")
        assert heard["conversation_id"] == first
        assert (await talker.ask("And here?"))["conversation_id"] != first
    assert (await world.contents(first))[2] == "How is the weather?"


async def test_bare_samples_are_heard(world: World) -> None:
    data = b64encode(tone(0.5, 8_000).pcm).decode()
    async with world.owner() as talker:
        await talker.send("audio", audio_data=data, format="pcm16", sample_rate=8_000)
        await talker.until("transcription")


async def test_nothing_was_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    silent = SpeechEngines([ScriptedTranscriber([""])], {})
    monkeypatch.setattr(world.parlez.services.speech, "transcribers", silent)
    async with world.owner() as talker:
        await talker.send("audio", audio_data=b64encode(wav_of(silence(0.5))).decode())
        assert (await talker.until("transcription"))["text"] == ""
        assert (await talker.next())["status"] == "listening"


async def test_whom_the_server_lacks_others_stand_in_for(world: World) -> None:
    async with world.owner() as talker:
        await talker.send(
            "audio",
            audio_data=QUESTION,
            stt_provider="azure",
            tts_provider="nobody",
            tts_voice="alloy",
        )
        got = await heard_until_the_end(talker)
        told = {
            each["what"]: each["instead"]
            for each in of(got, "status")
            if each["status"] == "fallback"
        }
        assert told == {"stt_provider": "scripted", "tts_provider": "scripted", "tts_voice": "tone"}


async def test_a_server_without_a_voice_writes(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nobody: SpeechEngines[Any] = SpeechEngines([], {"local": Missing("Piper", "Not installed.")})
    monkeypatch.setattr(world.parlez.services.speech, "voices", nobody)
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        await talker.until("status", status="fallback")
        await talker.until("ai_response")


async def test_a_voice_that_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hoarse = ScriptedVoice(error=ModelFailed("It is hoarse."), good=0)
    monkeypatch.setattr(world.parlez.services.speech, "voices", SpeechEngines([hoarse], {}))
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        await talker.until("status", status="listening")
        assert of(talker.got, "error")[0]["code"] == "model_failed"
        assert of(talker.got, "ai_response")[0]["text"] == "".join(ANSWER)


async def test_what_was_said_before_a_voice_failed_is_paid_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    hoarse = ScriptedVoice(error=ModelFailed("It is hoarse."), good=1)
    monkeypatch.setattr(world.parlez.services.speech, "voices", SpeechEngines([hoarse], {}))
    scope = await account_with_voice(world.parlez)
    headers = await key_of(world.parlez, scope, frozenset({Right.DATA, Right.ACCOUNT}))
    async with world.holder(headers) as talker:
        await talker.send("audio", audio_data=QUESTION)
        await heard_until_the_end(talker)
        assert of(talker.got, "error")[0]["code"] == "model_failed"
    usage = (await world.parlez.call("GET", KINDS, headers=headers)).body
    kinds = {each["group"]: each["units"] for each in usage["groups"]}
    assert kinds["speech"] == len("It is sunny. ")


async def test_the_answer_falls_silent_when_it_is_stopped(world: World) -> None:
    world.vendor.reply = lambda text: Reply(["One. ", "Two. ", "Three."], gate=asyncio.Event())
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        await talker.until("audio_chunk")
        await talker.send("stop")
        got = await heard_until_the_end(talker)
        assert of(got, "ai_response")[0]["state"] == "stopped"


async def test_hearing_can_be_stopped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = SpeechEngines([ScriptedTranscriber(["never"], seconds=1_000)], {})
    monkeypatch.setattr(world.parlez.services.speech, "transcribers", slow)
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        await talker.until("status", status="processing")
        for _ in range(4):
            await talker.send("audio", audio_data=QUESTION)
        assert (await talker.until("error"))["code"] == "queue_full"
        await talker.send("stop")
        await talker.until("status", status="listening")


async def test_an_answer_can_be_stopped_as_it_begins(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: asyncio.Queue[Turn] = asyncio.Queue()
    gate = asyncio.Event()

    async def slowly(*asked: Any) -> Turn:
        turn = await begin_turn(*asked)
        begun.put_nowait(turn)
        await gate.wait()
        return turn

    monkeypatch.setattr("parlez.api.platform.socket.talk.begin_turn", slowly)
    world.vendor.reply = lambda text: Reply(["One. ", "never"], gate=asyncio.Event())
    async with world.owner() as talker:
        await talker.send("audio", audio_data=QUESTION)
        turn = await begun.get()
        await talker.send("stop")
        await talker.send("ping")
        await talker.until("pong")
        gate.set()
        await world.kept(turn.id)
        await talker.until("ai_response", state="stopped")


async def test_what_a_vendor_was_asked_for_is_paid_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = ScriptedTranscriber(["never"], seconds=1_000)
    monkeypatch.setattr(world.parlez.services.speech, "transcribers", SpeechEngines([slow], {}))
    scope = await account_with_voice(world.parlez)
    headers = await key_of(world.parlez, scope, frozenset({Right.DATA, Right.ACCOUNT}))
    async with world.holder(headers) as talker:
        await talker.send("audio", audio_data=QUESTION)
        async with asyncio.timeout(PATIENCE):
            while not slow.heard:
                await asyncio.sleep(0.01)
        await talker.send("stop")
        await talker.until("status", status="listening")
    async with asyncio.timeout(PATIENCE):
        while not (usage := await world.parlez.call("GET", KINDS, headers=headers)).body["groups"]:
            await asyncio.sleep(0.05)
    [found] = usage.body["groups"]
    assert (found["group"], found["units"]) == ("transcription", 500)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"audio_data": "no base64!"}, "invalid_input"),
        ({"audio_data": ""}, "empty_audio"),
        ({"audio_data": b64encode(b"no sound at all").decode()}, "unknown_audio"),
        ({"audio_data": QUESTION, "format": "midi"}, "invalid_input"),
        ({"audio_data": QUESTION, "sample_rate": 1}, "invalid_input"),
        ({"audio_data": QUESTION, "language_code": "tlh"}, "unknown_language"),
        ({"audio_data": QUESTION, "conversation_id": f"conv_{'0' * 32}"}, "not_found"),
    ],
)
async def test_what_cannot_be_heard_is_told(
    world: World, fields: dict[str, Any], code: str
) -> None:
    async with world.owner() as talker:
        await talker.send("audio", **fields)
        assert (await talker.until("error"))["code"] == code
        await talker.ask("It goes on")


async def test_a_tier_without_voice(world: World) -> None:
    async with world.holder(await second_account(world.parlez)) as talker:
        await talker.send("audio", audio_data=QUESTION)
        assert (await talker.until("error"))["code"] == "forbidden"
        await talker.ask("In writing, then")


async def test_all_of_it_is_in_the_ledger(world: World) -> None:
    scope = await account_with_voice(world.parlez)
    headers = await key_of(world.parlez, scope, frozenset({Right.DATA, Right.ACCOUNT}))
    async with world.holder(headers) as talker:
        await talker.send("audio", audio_data=QUESTION)
        got = await heard_until_the_end(talker)
    usage = (await world.parlez.call("GET", KINDS, headers=headers)).body
    kinds = {each["group"]: (each["calls"], each["units"]) for each in usage["groups"]}
    assert kinds["transcription"] == (1, 500)
    assert kinds["speech"] == (1, len("".join(ANSWER)))
    assert kinds["turn"][0] == 1
    [answer] = of(got, "ai_response")
    assert await world.entries(headers, 3) == {answer["conversation_id"]: 3}


@pytest.mark.e2e
async def test_two_spoken_conversations(sockets: World) -> None:
    """With the engines that a fresh server has."""
    sockets.vendor.reply = echo
    data = b64encode(file_of(recorded(), "webm")).decode()

    async def converse() -> None:
        async with sockets.owner() as talker:
            await talker.send("audio", audio_data=data, format="webm")
            got = await heard_until_the_end(talker)
            text = of(got, "transcription")[0]["text"]
            assert words_of(text) == words_of(SAID)
            file = b"".join(b64decode(each["data"]) for each in of(got, "audio_chunk"))
            assert len(samples_of(file)) > 2 * 22_050
            conversation_id = of(got, "ai_response")[0]["conversation_id"]
        said = await sockets.contents(conversation_id)
        assert said == [text, of(got, "ai_response")[0]["text"]]

    await asyncio.gather(converse(), converse())
