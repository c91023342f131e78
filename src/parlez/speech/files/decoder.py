"""The process that reads one file of sound: `python -m parlez.speech.files.decoder`.

It takes its task as one line of JSON from its standard input, and the file after it. It answers on
its standard output with one line of JSON, `{"samples": n}` and as many of them after it, or
`{"code": …}` with why it cannot.
"""

import io
import json
import os
import sys
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer

from parlez.core.sound import HEARING_RATE, SAMPLE_BYTES
from parlez.speech.files.confined import confine
from parlez.speech.files.kinds import BROKEN, CUT_OFF, NO_SOUND, TOO_LONG

_SLACK_SECONDS = 0.5
_SLACK_SHARE = 0.05
"""By how much a file may hold less than it says: padding, and rounding."""

_BAD_PACKETS_SHARE = 0.1
_LONGEST_PROMISE = 100 * 3_600.0
"""Seconds; what says more does not know."""


class Unreadable(Exception):
    """The code says why."""


def main() -> None:
    answer = os.fdopen(os.dup(1), "wb")
    # What else is printed is noise.
    os.dup2(2, 1)
    task = json.loads(sys.stdin.buffer.readline())
    confine(task["memory_bytes"], task["seconds"])
    try:
        pcm = decode(sys.stdin.buffer.read(), task)
        head: dict[str, Any] = {"samples": len(pcm) // SAMPLE_BYTES}
    except Unreadable as reason:
        pcm, head = b"", {"code": str(reason)}
    except av.FFmpegError:
        pcm, head = b"", {"code": BROKEN}
    with answer:
        answer.write(json.dumps(head).encode() + b"\n" + pcm)


def decode(data: bytes, task: dict[str, Any]) -> bytes:
    with av.open(
        io.BytesIO(data),
        format=task["demuxer"],
        options=task["options"],
        io_open=_no_other_file,
    ) as file:
        assert isinstance(file, InputContainer)
        stream = next(iter(file.streams.audio), None)
        if stream is None:
            raise Unreadable(NO_SOUND)
        promised = _promised(file, stream)
        if promised is not None and promised > task["longest_seconds"]:
            raise Unreadable(TOO_LONG)
        stream.codec_context.thread_count = 1
        pcm, clean = _samples(file, stream, task["longest_seconds"])
    seconds = len(pcm) / SAMPLE_BYTES / HEARING_RATE
    if task["whole"] is False or (
        promised is not None and seconds < promised - max(_SLACK_SECONDS, promised * _SLACK_SHARE)
    ):
        raise Unreadable(CUT_OFF)
    if not clean or not pcm:
        raise Unreadable(BROKEN)
    return pcm


def _samples(file: InputContainer, stream: AudioStream, longest: float) -> tuple[bytes, bool]:
    """All samples, and whether nearly all of the file made sense."""
    resampler = av.AudioResampler("s16", "mono", HEARING_RATE)
    most = int(longest * HEARING_RATE) * SAMPLE_BYTES
    pcm = bytearray()
    packets = bad = 0
    try:
        for packet in file.demux(stream):
            packets += 1
            try:
                frames = packet.decode()
            except av.FFmpegError:
                bad += 1
                continue
            for frame in frames:
                for made in resampler.resample(frame):
                    pcm += bytes(made.planes[0])[: made.samples * SAMPLE_BYTES]
            if len(pcm) > most:
                raise Unreadable(TOO_LONG)
    except av.FFmpegError:
        bad += packets
    if pcm:
        for made in resampler.resample(None):
            pcm += bytes(made.planes[0])[: made.samples * SAMPLE_BYTES]
    return bytes(pcm), bad <= max(1, packets * _BAD_PACKETS_SHARE)


def _promised(file: InputContainer, stream: AudioStream) -> float | None:
    """How many seconds a file says that it holds."""
    if file.format.name in ("mp3", "aac", "s16le", "mulaw", "alaw"):
        # It is guessed from the size there.
        return None
    if stream.duration and stream.time_base:
        seconds = float(stream.duration * stream.time_base)
    elif file.duration:
        seconds = file.duration / av.time_base
    else:
        return None
    return seconds if 0 < seconds < _LONGEST_PROMISE else None


def _no_other_file(*_: Any) -> Any:
    """A file may name others that are to be read along with it."""
    raise PermissionError


if __name__ == "__main__":
    main()
