"""The process that writes one file of sound: `python -m parlez.speech.files.encoder`.

It takes its task as one line of JSON from its standard input, and after it samples as they come,
and writes the file to its standard output as it is made.
"""

import io
import json
import os
import sys
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, cast

import av
from av.audio.stream import AudioStream

from parlez.core.sound import SAMPLE_BYTES
from parlez.speech.files.confined import confine

_AT_ONCE = 8_192
"""Bytes that are read at a time, at most."""

_FORMS: dict[str, tuple[str, str, dict[str, str], int | None, str]] = {
    # The form: FFmpeg's muxer and encoder, options, bits a second, and how samples are wanted.
    "mp3": ("mp3", "libmp3lame", {"write_xing": "0", "id3v2_version": "0"}, 64_000, "s16p"),
    "opus": ("ogg", "libopus", {"page_duration": "200000"}, 32_000, "s16"),
    "aac": ("adts", "aac", {}, 64_000, "fltp"),
    "flac": ("flac", "flac", {}, None, "s16"),
}
_OPUS_RATES = (8_000, 12_000, 16_000, 24_000, 48_000)


class _Output(io.RawIOBase):
    """Standard output, which cannot go back."""

    def __init__(self) -> None:
        self._file = os.fdopen(os.dup(1), "wb", buffering=0)

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        left = memoryview(data)
        while left:
            left = left[self._file.write(left) or 0 :]
        return len(data)


def main() -> None:
    output = _Output()
    # What else is printed is noise.
    os.dup2(2, 1)
    task = json.loads(sys.stdin.buffer.readline())
    confine(task["memory_bytes"], task["seconds"])
    if task["form"] == "pcm":
        _convert(output, task)
    else:
        _encode(output, task)


def _pieces() -> Iterator[bytes]:
    """Whole samples, as they come."""
    held = b""
    source = cast(io.BufferedReader, sys.stdin.buffer)
    while piece := source.read1(_AT_ONCE):
        held += piece
        whole = len(held) // SAMPLE_BYTES * SAMPLE_BYTES
        if whole:
            yield held[:whole]
            held = held[whole:]


def _frames(rate: int) -> Iterator[av.AudioFrame | None]:
    at = 0
    for pcm in _pieces():
        frame = av.AudioFrame(format="s16", layout="mono", samples=len(pcm) // SAMPLE_BYTES)
        frame.planes[0].update(pcm)
        frame.sample_rate = rate
        frame.pts = at
        frame.time_base = Fraction(1, rate)
        at += frame.samples
        yield frame
    yield None


def _convert(output: _Output, task: dict[str, Any]) -> None:
    resampler = av.AudioResampler("s16", "mono", task["out_rate"])
    for frame in _frames(task["rate"]):
        for made in resampler.resample(frame):
            output.write(bytes(made.planes[0])[: made.samples * SAMPLE_BYTES])


def _encode(output: _Output, task: dict[str, Any]) -> None:
    muxer, encoder, options, bits, samples = _FORMS[task["form"]]
    rate = task["out_rate"]
    if task["form"] == "opus":
        rate = next((each for each in _OPUS_RATES if each >= rate), _OPUS_RATES[-1])
    with av.open(
        output, "w", format=muxer, options={**options, "flush_packets": "1"}, buffer_size=1_024
    ) as file:
        stream = file.add_stream(encoder, rate=rate)
        assert isinstance(stream, AudioStream)
        stream.layout = "mono"
        stream.format = samples
        if bits:
            stream.bit_rate = bits
        stream.codec_context.open()
        size = stream.codec_context.frame_size or None
        resampler = av.AudioResampler(samples, "mono", rate, size)
        for frame in _frames(task["rate"]):
            for made in resampler.resample(frame):
                file.mux(stream.encode(made))
        file.mux(stream.encode(None))


if __name__ == "__main__":
    main()
