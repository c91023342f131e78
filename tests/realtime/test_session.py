"""Spoken conversations in virtual time: who has the word, and what is kept."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from tests.realtime.talking import Talking
from tests.support.sounds import silence, tone

from parlez.core.errors import ModelFailed
from parlez.realtime import reply as replies
from parlez.testing.scripted_speech import ScriptedVoice
from parlez.testing.virtual_time import StillTimeLoop

# Each word takes the voice a fifth of a second.
LONG = "One two three four five. Six seven eight nine ten. And so it goes on for long."


def play(make: Callable[[], Talking], act: Callable[[Talking], Awaitable[None]]) -> Talking:
    """A conversation from its beginning to its end."""

    async def run() -> Talking:
        talking = make()
        try:
            await act(talking)
        finally:
            await talking.close()
        return talking

    with asyncio.Runner(loop_factory=StillTimeLoop) as runner:
        return runner.run(run())


def test_a_question_and_its_answer() -> None:
    async def act(talking: Talking) -> None:
        await talking.be_silent(1.0)
        await talking.say(2.0)
        await talking.be_silent(10.0)

    talking = play(lambda: Talking(["What is it?"], [["It is ", "a bird. ", 0.5, "Or not."]]), act)
    assert talking.asked == ["What is it?"]
    assert talking.kept == ["It is a bird. Or not."]
    assert talking.of("transcription") == [{"text": "What is it?", "is_final": True}]
    # It begins a little before the voice did, and ends in silence.
    [sound] = talking.transcriber.heard
    assert 2.4 < sound.seconds < 2.6
    # Heard while the silence lasted: half a second and the first sentence's making.
    assert 3.4 < talking.time_of("audio_chunk") < 3.7
    chunks = talking.of("audio_chunk")
    assert {each["epoch"] for each in chunks} == {1}
    [end] = talking.of("audio_stream_end")
    assert end["stopped"] is False
    timings = end["timings"]
    assert list(timings) == ["received", "transcribed", "first_sentence", "first_audio", "end"]
    assert 400 < timings["first_audio"] < 700
    # What was sent was heard before it ended.
    assert talking.time_of("audio_stream_end") >= talking.time_of("audio_chunk") + 1.2
    assert not talking.of("interrupted")
    assert not talking.of("pause")


def test_hearing_begins_in_the_first_silence() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.3)
        assert len(talking.transcriber.heard) == 1
        assert not talking.of("transcription")
        await talking.be_silent(0.4)

    talking = play(lambda: Talking(["Yes"], [["Good."]], hearing_seconds=0.2), act)
    assert len(talking.transcriber.heard) == 1
    assert talking.time_of("transcription") < 1.65, "it was done when the silence was"


def test_and_is_dropped_if_speech_goes_on() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.3)
        await talking.say(1.0)
        await talking.be_silent(3.0)

    talking = play(lambda: Talking(["all of it"], [["Good."]], hearing_seconds=0.25), act)
    assert talking.asked == ["all of it"]
    first, second = talking.transcriber.heard
    assert second.seconds > first.seconds + 1.0
    assert len(talking.of("transcription")) == 1


def interrupted_after(seconds: float) -> Talking:
    """An answer that is spoken for so long before the user's voice comes in."""

    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.5)
        while not talking.of("audio_chunk"):
            await talking.be_silent(0.032)
        await talking.be_silent(seconds)
        await talking.say(1.0)
        await talking.be_silent(6.0)

    return play(
        lambda: Talking(["Tell me", "Stop that now"], [[LONG], ["Well then."]], glimpses=()), act
    )


def test_an_interruption() -> None:
    talking = interrupted_after(1.5)
    began = talking.time_of("speech_started", 1)
    assert talking.time_of("pause") - began <= 0.1
    assert talking.time_of("interrupted") - began <= 0.35
    [interrupted] = talking.of("interrupted")
    # 1.5 seconds are seven words and a half.
    assert interrupted["heard"] in (
        "One two three four five. Six",
        "One two three four five. Six seven",
        "One two three four five. Six seven eight",
    )
    assert interrupted["epoch"] == 2
    assert talking.kept == [interrupted["heard"], "Well then."]
    assert talking.asked == ["Tell me", "Stop that now"]
    # Nothing of the first is sent after that.
    place = next(n for n, each in enumerate(talking.sent) if each[1] == "interrupted")
    assert {each["epoch"] for _, kind, each in talking.sent[place:] if kind == "audio_chunk"} == {3}
    assert talking.of("audio_stream_end")[0]["stopped"] is True
    assert not talking.of("resume")


def test_a_long_sentence_ends_where_it_is() -> None:
    """It is sent as it is heard, and the rest of it not at all."""
    answer = " ".join(["word"] * 80) + "."

    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(2.0)
        await talking.say(1.0)
        await talking.be_silent(8.0)

    talking = play(lambda: Talking(["Tell me", "Stop that now"], [[answer], ["Ok."]]), act)
    place = next(n for n, each in enumerate(talking.sent) if each[1] == "interrupted")
    after = [each["epoch"] for _, kind, each in talking.sent[place:] if kind == "audio_chunk"]
    assert set(after) == {3}
    sent = len([each for each in talking.of("audio_chunk") if each["epoch"] == 1])
    assert sent * 0.5 < 10.0, "it lasts sixteen seconds"


@pytest.mark.parametrize("seconds", [0.1, 1.0, 2.0, 3.1])
def test_what_was_heard_is_right_to_the_word(seconds: float) -> None:
    heard = interrupted_after(seconds).of("interrupted")[0]["heard"]
    assert LONG.startswith(heard)
    # What comes of the client's frame and of the voice's first window is heard as well.
    assert abs(len(heard.split()) - (seconds + 0.05) / 0.2) <= 1.5


def test_a_cough_resumes() -> None:
    coughing = play(lambda: Talking(["Tell me", ""], [[LONG]]), _cough)
    assert coughing.kept == [LONG]
    assert not coughing.of("interrupted")
    [pause], [resume] = coughing.of("pause"), coughing.of("resume")
    assert pause == resume == {"epoch": 1}
    assert coughing.asked == ["Tell me"]
    assert coughing.of("audio_stream_end")[0]["stopped"] is False


async def _cough(talking: Talking) -> None:
    await talking.say(1.0)
    await talking.be_silent(1.5)
    await talking.say(0.2)
    await talking.be_silent(6.0)


def test_two_words_are_no_cough() -> None:
    talking = play(lambda: Talking(["Tell me", "Oh no"], [[LONG], ["Sorry."]]), _cough)
    assert len(talking.of("interrupted")) == 1
    assert talking.asked == ["Tell me", "Oh no"]
    assert talking.kept[1] == "Sorry."


def test_one_word_is_one() -> None:
    talking = play(lambda: Talking(["Tell me", "Yes"], [[LONG]]), _cough)
    assert talking.kept == [LONG]
    assert len(talking.of("resume")) == 1


def test_a_click_resumes_at_once() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(1.5)
        await talking.say(0.05)
        await talking.be_silent(6.0)

    talking = play(lambda: Talking(["Tell me"], [[LONG]]), act)
    assert talking.kept == [LONG]
    assert talking.time_of("resume") - talking.time_of("pause") < 0.4
    assert len(talking.transcriber.heard) == 1, "nobody listens to a click"


def test_the_playout_stands_still_in_a_pause() -> None:
    """A cough, and after it an interruption: what was heard is not what time has passed."""

    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.7)
        await talking.be_silent(0.5)
        await talking.say(0.2)
        await talking.be_silent(0.5)
        await talking.say(1.0)
        await talking.be_silent(3.0)

    talking = play(lambda: Talking(["Tell me", "", "Enough of it"], [[LONG], ["Ok."]]), act)
    played = (
        talking.time_of("pause", 0)
        - talking.time_of("audio_chunk")
        + talking.time_of("pause", 1)
        - talking.time_of("resume")
    )
    words = len(talking.of("interrupted")[0]["heard"].split())
    assert abs(words - played / 0.2) <= 1.5


def test_the_client_tells_what_was_played() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(2.5)
        talking.session.played(1, 0.4)
        talking.session.played(7, 3.0)
        await talking.say(0.5)
        await talking.be_silent(3.0)

    talking = play(lambda: Talking(["Tell me", "Enough of it"], [[LONG], ["Ok."]]), act)
    assert talking.of("interrupted")[0]["heard"] in ("One two", "One two three")


def test_an_answer_that_has_not_begun_is_interrupted_too() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(1.0)
        await talking.say(1.0)
        await talking.be_silent(4.0)

    slow: list[str | float] = [5.0, "Too late."]
    talking = play(lambda: Talking(["Tell me", "No, wait"], [slow, ["Ok."]]), act)
    assert talking.asked == ["Tell me", "No, wait"]
    assert talking.kept == ["", "Ok."]
    assert talking.of("interrupted")[0]["heard"] == ""


def test_silence_is_not_answered() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(2.0)

    talking = play(lambda: Talking([""], []), act)
    assert talking.asked == []
    assert talking.of("status") == [{"status": "listening"}]


def test_what_is_being_said_is_shown() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(3.5)
        await talking.be_silent(1.0)

    talking = play(lambda: Talking(["All of it"], [["Ok."]], glimpses=["All", "All of"]), act)
    assert [(each["text"], each["is_final"]) for each in talking.of("transcription")] == [
        *(("All", False), ("All of", False), ("All of it", True))
    ]


def test_what_is_not_heard_is_told() -> None:
    async def act(talking: Talking) -> None:
        for _ in range(2):
            await talking.say(1.0)
            await talking.be_silent(1.5)

    failed = ModelFailed("It hears nothing.")
    talking = play(lambda: Talking([failed, "Again"], [["Ok."]]), act)
    assert [each["code"] for each in talking.of("error")] == ["model_failed"]
    assert talking.asked == ["Again"]


def test_what_is_refused_leaves_room_for_more() -> None:
    async def act(talking: Talking) -> None:
        talking.refusal = ModelFailed("Not now.")
        await talking.say(1.0)
        await talking.be_silent(1.5)
        talking.refusal = None
        await talking.say(1.0)
        await talking.be_silent(3.0)

    talking = play(lambda: Talking(["One", "Two"], [["Ok."]]), act)
    assert (talking.asked, talking.kept) == (["Two"], ["Ok."])
    assert not talking.of("pause")


def test_stopping_keeps_what_was_heard() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.6)
        while not talking.of("audio_chunk"):
            await talking.be_silent(0.032)
        await talking.be_silent(1.0)
        await talking.session.stop()
        await talking.session.stop()
        await talking.be_silent(1.0)

    talking = play(lambda: Talking(["Tell me"], [[LONG]]), act)
    assert talking.kept in (["One two three four five."], ["One two three four five. Six"])
    assert len(talking.of("interrupted")) == 1


def test_the_end_of_listening_is_the_end_of_what_is_said() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.session.finish()
        await talking.session.finish()
        await asyncio.sleep(3.0)

    talking = play(lambda: Talking(["All of it"], [["Ok."]]), act)
    assert (talking.asked, talking.kept) == (["All of it"], ["Ok."])


def test_stopping_while_it_is_heard_what_was_said() -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(0.6)
        await talking.session.stop()
        await talking.be_silent(3.0)
        await talking.say(1.0)
        await talking.be_silent(5.0)

    talking = play(lambda: Talking(["Tell me", "Go on"], [["Ok."]], hearing_seconds=2.0), act)
    assert [each["text"] for each in talking.of("transcription")] == ["Tell me", "Go on"]
    assert talking.asked == ["Go on"]


@pytest.mark.parametrize("seconds", [0.05, 0.2, 1.0])
def test_whatever_begins_to_be_heard_ends(seconds: float) -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(2.0)
        await talking.say(seconds)
        await talking.be_silent(6.0)
        await talking.say(seconds)
        await talking.be_silent(6.0)

    talking = play(lambda: Talking(["Tell me", "", ""], [[LONG]]), act)
    told = [kind for _, kind, _ in talking.sent if kind.startswith("speech_")]
    assert told == ["speech_started", "speech_ended"] * 3
    assert talking.sent[-1][1:] == ("status", {"status": "listening"})


async def _more_before_the_answer(talking: Talking) -> None:
    """The answer begins while it is not clear yet whether the user goes on."""
    await talking.say(1.0)
    await talking.be_silent(0.7)
    await talking.say(0.2)
    await talking.be_silent(8.0)


def test_a_cough_before_the_answer_does_not_hold_it_for_good() -> None:
    talking = play(
        lambda: Talking(["Tell me", ""], [[LONG]], hearing_seconds=1.0), _more_before_the_answer
    )
    assert talking.of("pause") == talking.of("resume") == [{"epoch": 1}]
    assert talking.of("audio_stream_end")[0]["stopped"] is False


def test_words_before_the_answer_are_heard() -> None:
    heard = ["Tell me", "the truth"]
    talking = play(
        lambda: Talking(heard, [[LONG], ["Ok."]], hearing_seconds=1.0), _more_before_the_answer
    )
    assert talking.asked == heard
    assert talking.kept == ["", "Ok."]


@pytest.mark.parametrize(("words", "asked"), [("Wait there", 2), ("", 1)])
def test_listening_may_end_before_it_is_clear_who_has_the_word(words: str, asked: int) -> None:
    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(1.5)
        await talking.say(0.1)
        await talking.session.finish()
        await asyncio.sleep(8.0)

    talking = play(lambda: Talking(["Tell me", words], [[LONG], ["Ok."]]), act)
    assert len(talking.asked) == asked
    assert len(talking.of("audio_stream_end")) == asked
    assert bool(talking.of("resume")) is not bool(talking.of("interrupted"))


def test_what_was_sent_before_the_voice_failed_can_be_interrupted() -> None:
    async def act(talking: Talking) -> None:
        talking.voice = ScriptedVoice(error=ModelFailed("It is hoarse."), good=1)
        await talking.say(1.0)
        await talking.be_silent(1.0)
        await talking.say(1.0)
        await talking.be_silent(3.0)

    answer = ["One two three four five six seven eight nine ten. ", "Nobody hears this."]
    talking = play(lambda: Talking(["Tell me", "Stop that now"], [answer, []]), act)
    assert talking.of("error")[0]["code"] == "model_failed"
    assert len(talking.of("pause")) == len(talking.of("interrupted")) == 1
    assert talking.of("interrupted")[0]["heard"].startswith("One two")


def test_little_is_made_that_nobody_may_hear(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "AHEAD_SECONDS", 2.0)
    answer = [f"This is sentence {number}. " for number in range(50)]

    async def act(talking: Talking) -> None:
        await talking.say(1.0)
        await talking.be_silent(2.0)

    talking = play(lambda: Talking(["Tell me"], [answer]), act)
    assert len(talking.voice.said) <= 5


def test_frames_of_any_size() -> None:
    async def act(talking: Talking) -> None:
        sound = tone(1.0).pcm + silence(1.0).pcm
        for place in range(0, len(sound), 7_002):
            await talking.session.hear(sound[place : place + 7_002])
        await asyncio.sleep(3.0)

    talking = play(lambda: Talking(["What?"], [["That."]]), act)
    assert talking.asked == ["What?"]
