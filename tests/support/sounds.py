"""Sounds, in files of every kind and without any."""

import io
from collections.abc import AsyncIterable, Iterable
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream

from parlez.core.sound import HEARING_RATE, Sound

SAID = "Please send the yellow boxes to the old station on Monday."
"""A sentence that the embedded engines say and hear well."""

RECORDED = Path(__file__).with_name("said.ogg")


def tone(seconds: float, rate: int = HEARING_RATE, pitch: float = 220.0) -> Sound:
    times = np.arange(int(seconds * rate)) * (2 * np.pi * pitch / rate)
    return Sound((12_000 * np.sin(times)).astype("<i2").tobytes(), rate)


def silence(seconds: float, rate: int = HEARING_RATE) -> Sound:
    return Sound(bytes(2 * int(seconds * rate)), rate)


def recorded() -> Sound:
    """`SAID`, once said by the embedded voice."""
    with av.open(str(RECORDED)) as file:
        return _resampled(file.decode(audio=0), HEARING_RATE)


def resampled(sound: Sound, rate: int = HEARING_RATE) -> Sound:
    frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound.pcm) // 2)
    frame.planes[0].update(sound.pcm)
    frame.sample_rate = sound.rate
    return _resampled([frame], rate)


def _resampled(frames: Iterable[av.AudioFrame], rate: int) -> Sound:
    resampler = av.AudioResampler("s16", "mono", rate)
    made = [each for frame in [*frames, None] for each in resampler.resample(frame)]
    return Sound(b"".join(bytes(each.planes[0])[: each.samples * 2] for each in made), rate)


KINDS = {
    "wav": ("wav", "pcm_s16le", 44_100, "stereo"),
    "mp3": ("mp3", "libmp3lame", 44_100, "stereo"),
    "ogg": ("ogg", "libopus", 24_000, "stereo"),
    "opus": ("ogg", "libopus", 48_000, "mono"),
    "webm": ("webm", "libopus", 48_000, "mono"),
    "flac": ("flac", "flac", 8_000, "mono"),
    "m4a": ("ipod", "aac", 44_100, "mono"),
    "aac": ("adts", "aac", 22_050, "mono"),
}
"""Kinds of files by their endings: how FFmpeg calls them, and what is in them."""


def file_of(sound: Sound, ending: str) -> bytes:
    """A sound as a file."""
    muxer, encoder, rate, layout = KINDS[ending]
    out = io.BytesIO()
    with av.open(out, "w", format=muxer) as file:
        stream = file.add_stream(encoder, rate=rate)
        assert isinstance(stream, AudioStream)
        stream.layout = layout
        stream.codec_context.open()
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(sound.pcm) // 2)
        frame.planes[0].update(sound.pcm)
        frame.sample_rate = sound.rate
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(stream.codec_context.format, layout, rate, size)
        for each in [frame, None]:
            for made in resampler.resample(each):
                file.mux(stream.encode(made))
        file.mux(stream.encode(None))
    return out.getvalue()


async def joined(pieces: AsyncIterable[Sound]) -> Sound:
    """All that a voice says."""
    got = [piece async for piece in pieces]
    return Sound(b"".join(piece.pcm for piece in got), got[0].rate)


def words_of(text: str) -> list[str]:
    """The words of a text as they sound, for comparing."""
    return "".join(sign if sign.isalnum() else " " for sign in text.lower()).split()
