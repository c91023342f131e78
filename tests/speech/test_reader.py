"""Files of sound of every kind, and what is wrong with some."""

import asyncio
import io
import struct
import zlib
from dataclasses import replace

import pytest
from tests.support.sounds import KINDS, SAID, file_of, recorded, silence, tone

from parlez.core.errors import InvalidInput, ModelOverloaded, TooLarge, UnsupportedMedia
from parlez.core.ports.sound_files import Raw, RawForm
from parlez.core.sound import HEARING_RATE, Sound
from parlez.speech.files import child, reader
from parlez.speech.files.reader import FileLimits, ProcessReader
from parlez.speech.files.wav import wav_head, wav_of

TONE = tone(2.0)
MP4_WITHOUT_SOUND = struct.pack(">I4s4sI", 16, b"ftyp", b"isom", 512)


async def read(
    data: bytes, name: str = "", raw: Raw | None = None, limits: FileLimits | None = None
) -> Sound:
    return await ProcessReader(limits or FileLimits()).read(io.BytesIO(data), name, raw)


def loudness(sound: Sound) -> float:
    samples = struct.unpack(f"<{len(sound.pcm) // 2}h", sound.pcm)
    return (sum(each * each for each in samples) / len(samples)) ** 0.5


@pytest.mark.parametrize("ending", KINDS)
async def test_every_kind_is_read_whatever_its_rate_and_channels(ending: str) -> None:
    data = file_of(TONE, ending)
    sound = await read(data, f"A.{ending.upper()}")
    assert sound.rate == HEARING_RATE
    assert sound.seconds == pytest.approx(2.0, abs=0.1)
    assert loudness(sound) == pytest.approx(loudness(TONE), rel=0.35)


async def test_a_file_without_an_ending_is_what_is_in_it() -> None:
    assert (await read(file_of(TONE, "webm"), "blob")).seconds == pytest.approx(2.0, abs=0.1)


async def test_what_needs_no_converting_is_taken_as_it_stands() -> None:
    sound = recorded()
    assert await read(wav_of(sound), "a.wav") == sound
    endless = wav_head(HEARING_RATE) + sound.pcm
    assert await read(endless, "a.wav") == sound
    with_list = wav_of(sound).replace(b"data", b"LIST\x03\0\0\0abc\0data", 1)
    assert await read(with_list) == sound
    assert await read(sound.pcm, raw=Raw()) == sound


async def test_raw_samples() -> None:
    stereo = b"".join(TONE.pcm[n : n + 2] * 2 for n in range(0, len(TONE.pcm), 2))
    found = await read(stereo, raw=Raw(RawForm.PCM16, 32_000, 2))
    assert found.seconds == pytest.approx(1.0, abs=0.05)
    assert loudness(found) > 1_000
    quiet = await read(b"\xff" * 8_000, raw=Raw(RawForm.MULAW, 8_000))
    assert quiet.seconds == pytest.approx(1.0, abs=0.05)
    assert loudness(quiet) < 10
    with pytest.raises(InvalidInput):
        await read(b"\0", raw=Raw())


@pytest.mark.parametrize("ending", sorted(set(KINDS) - {"mp3", "aac"}))
@pytest.mark.parametrize("left", [0.3, 0.8])
async def test_what_is_cut_off(ending: str, left: float) -> None:
    """Where that can be told: files of MPEG frames end anywhere."""
    data = file_of(recorded(), ending)
    with pytest.raises(InvalidInput) as caught:
        await read(data[: int(len(data) * left)], f"a.{ending}")
    assert caught.value.code in ("truncated_audio", "broken_audio")


async def test_a_plain_wav_that_is_cut_off_says_so() -> None:
    with pytest.raises(InvalidInput, match="cut off"):
        await read(wav_of(TONE)[:30_000], "a.wav")
    with pytest.raises(InvalidInput, match="damaged"):
        await read(wav_of(TONE)[:20], "a.wav")


@pytest.mark.parametrize(
    ("data", "name", "kind", "code"),
    [
        (b"", "a.wav", InvalidInput, "empty_audio"),
        (wav_head(HEARING_RATE, 0), "a.wav", InvalidInput, "empty_audio"),
        (b"Hello, this is text.", "a.mp3", UnsupportedMedia, "mislabelled_audio"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "a.ogg", UnsupportedMedia, "mislabelled_audio"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "", UnsupportedMedia, "unknown_audio"),
        (b"\xff\xff\xff\xff" * 50, "", UnsupportedMedia, "unknown_audio"),
        (b"#EXTM3U\nfile:///etc/passwd\n", "a.m3u8", UnsupportedMedia, "unknown_audio"),
        (wav_of(TONE), "a.mp3", UnsupportedMedia, "mislabelled_audio"),
        (b"OggS" + bytes(500), "a.ogg", InvalidInput, None),
        (b"fLaC" + bytes(500), "a.flac", InvalidInput, None),
        (b"\x1aE\xdf\xa3" + bytes(500), "a.webm", InvalidInput, None),
        (b"ID3\x04\0\0\0\0\0\0" + bytes(500), "a.mp3", InvalidInput, None),
        (MP4_WITHOUT_SOUND, "a.m4a", InvalidInput, None),
        (b"RIFF\xff\xff\xff\xffWAVEfmt \xff\xff\xff\xff", "a.wav", InvalidInput, None),
    ],
)
async def test_what_is_no_sound(
    data: bytes, name: str, kind: type[InvalidInput], code: str | None
) -> None:
    with pytest.raises(InvalidInput) as caught:
        await read(data, name)
    assert type(caught.value) is kind
    assert code is None or caught.value.code == code


async def test_bytes_gone_wrong_in_the_middle() -> None:
    for ending in ("flac", "mp3", "webm", "m4a"):
        data = bytearray(file_of(recorded(), ending))
        noise = zlib.compress(bytes(data))[: len(data) // 2]
        data[len(data) // 4 : len(data) // 4 + len(noise)] = noise
        try:
            sound = await read(bytes(data), f"a.{ending}")
            assert sound.seconds < 10
        except InvalidInput as error:
            assert type(error) is InvalidInput


async def test_no_more_than_may_be_heard() -> None:
    limits = FileLimits(sound_seconds=3.0, bytes=200_000)
    assert (await read(file_of(TONE, "flac"), limits=limits)).seconds > 1.9
    for data in (file_of(tone(3.2), "ogg"), wav_of(tone(3.2)), file_of(tone(3.2), "mp3")):
        with pytest.raises(TooLarge, match="longer than the 3 seconds"):
            await read(data, limits=limits)
    with pytest.raises(TooLarge, match="200,000 bytes"):
        await read(bytes(200_001), "a.wav", limits=limits)


async def test_a_small_file_that_unpacks_to_hours_is_refused_soon() -> None:
    bomb = bytearray(file_of(silence(120.0, 8_000), "flac"))
    assert len(bomb) < 40_000
    # It does not say how long it is.
    place = bomb.index(b"fLaC") + 8 + 10
    bomb[place + 3] &= 0xF0
    bomb[place + 4 : place + 8] = bytes(4)
    with pytest.raises(TooLarge):
        await read(bytes(bomb), "a.flac", limits=FileLimits(sound_seconds=60.0))


async def test_what_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "start", _never)
    with pytest.raises(InvalidInput, match="too long to read"):
        await read(file_of(TONE, "mp3"), limits=FileLimits(seconds=0.2))


async def _never(_: str) -> asyncio.subprocess.Process:
    pipe = asyncio.subprocess.PIPE
    return await asyncio.create_subprocess_exec("sleep", "60", stdin=pipe, stdout=pipe)


async def test_no_more_at_once_than_can_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MOST_WAITING", 1)
    busy = ProcessReader(FileLimits(at_once=1))
    first = asyncio.create_task(busy.read(io.BytesIO(file_of(TONE, "mp3")), ""))
    await asyncio.sleep(0)
    with pytest.raises(ModelOverloaded):
        await busy.read(io.BytesIO(wav_of(TONE)), "")
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    assert await busy.read(io.BytesIO(wav_of(TONE)), "") == TONE


def test_the_recorded_sentence_is_one() -> None:
    assert 2 < recorded().seconds < 5
    assert SAID
    assert replace(recorded(), rate=8_000).seconds == 2 * recorded().seconds
