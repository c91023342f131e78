"""Whoever tells whether somebody speaks."""

from collections.abc import AsyncIterator

import pytest
from tests.support.sounds import recorded, silence

from parlez.core.ports.voice_activity import WINDOW_SAMPLES, ActivityStream, VoiceActivity
from parlez.core.sound import SAMPLE_BYTES, Sound
from parlez.speech.local.activity import LocalActivity
from parlez.speech.local.settings import LocalSpeech
from parlez.testing.scripted_speech import ScriptedActivity

SIZE = WINDOW_SAMPLES * SAMPLE_BYTES


@pytest.fixture(params=["scripted", "local"])
async def activity(request: pytest.FixtureRequest) -> AsyncIterator[VoiceActivity]:
    if request.param == "scripted":
        yield ScriptedActivity()
        return
    local = LocalActivity(LocalSpeech())
    await local.warm_up()
    yield local
    await local.close()


async def judge(stream: ActivityStream, sound: Sound, windows: int) -> list[float]:
    """So many windows at a time."""
    judged: list[float] = []
    whole = len(sound.pcm) // SIZE * SIZE
    for place in range(0, whole, windows * SIZE):
        judged += await stream.judge(sound.pcm[place : min(whole, place + windows * SIZE)])
    return judged


async def test_a_voice_is_told_from_silence(activity: VoiceActivity) -> None:
    stream = activity.stream()
    quiet = await judge(stream, silence(1.0), 3)
    assert len(quiet) == 31
    assert max(quiet) < 0.35
    spoken = await judge(stream, recorded(), 3)
    assert sum(each >= 0.5 for each in spoken) > 0.6 * len(spoken)
    assert max((await judge(stream, silence(1.0), 3))[8:]) < 0.35


async def test_it_is_the_same_however_much_comes_at_a_time(activity: VoiceActivity) -> None:
    one = await judge(activity.stream(), recorded(), 1)
    many = await judge(activity.stream(), recorded(), 10)
    assert one == pytest.approx(many, abs=0.01)
