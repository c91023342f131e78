"""How well the embedded engines hear what the embedded voice says, and how long everything takes:
`python -m benchmarks.speech`.

200 sentences (benchmarks/sentences.txt) are spoken by Piper, sent through files and heard by
Whisper, one after the other. Nothing else should run on the machine.
"""

import argparse
import re
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

import uvloop

from benchmarks.load import quantile
from parlez.core.ports.sound_files import SoundForm
from parlez.core.ports.transcriber import Care, Hearing, Transcriber
from parlez.core.sound import Sound
from parlez.speech.files.reader import ProcessReader
from parlez.speech.files.writer import ProcessWriter
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.transcriber import LocalTranscriber
from parlez.speech.local.voice import LocalVoice

SENTENCES = Path(__file__).with_name("sentences.txt")

# How numbers, and words of both sides of the ocean, are spelled is not a matter of hearing.
_SAME = {
    "1": "one", "2": "two", "3": "three", "4": "four", "5th": "fifth", "6": "six", "7": "seven",
    "8": "eight", "9": "nine", "20": "twenty", "1000": "thousand",
    "colour": "color", "colours": "colors", "neighbours": "neighbors", "theatre": "theater",
    "harbour": "harbor", "cancelled": "canceled", "centre": "center", "overnight": "over night",
    "secondhand": "second hand",
}  # fmt: skip


@dataclass
class Times:
    """Seconds that each stage took, sentence by sentence."""

    first_sound: list[float] = field(default_factory=list)
    spoken: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)
    heard: list[float] = field(default_factory=list)
    brisk: list[float] = field(default_factory=list)
    lengths: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speech", description=__doc__)
    parser.add_argument("--sentences", type=int, default=200, help="how many of them")
    arguments = parser.parse_args()
    uvloop.run(_run(SENTENCES.read_text().splitlines()[: arguments.sentences]))


async def _run(sentences: Sequence[str]) -> None:
    voice, transcriber = LocalVoice(LocalSpeech()), LocalTranscriber(LocalSpeech())
    try:
        for name, engine in (("Piper", voice), ("Whisper", transcriber)):
            began = time.perf_counter()
            await engine.warm_up()
            print(f"{name} ready after {time.perf_counter() - began:.2f} s")
        await _measure(sentences, voice, transcriber)
    finally:
        await voice.close()
        await transcriber.close()


async def _measure(
    sentences: Sequence[str], voice: LocalVoice, transcriber: LocalTranscriber
) -> None:
    times, reader = Times(), ProcessReader()
    wrong = {"careful": 0, "brisk": 0}
    words = 0
    for sentence in sentences:
        spoken = await _speak(voice, sentence, times)
        sound = await _through_a_file(reader, spoken, times)
        said = words_of(sentence)
        words += len(said)
        for name, hearing, taken in (
            ("careful", Hearing("en"), times.heard),
            ("brisk", Hearing("en", care=Care.BRISK), times.brisk),
        ):
            wrong[name] += edits(said, await _hear(transcriber, sound, hearing, taken))
    print(f"{len(sentences)} sentences, {words} words, {sum(times.lengths):.0f} s of sound")
    for name, count in wrong.items():
        print(f"word error rate, {name}: {count / words:.1%}")
    _print_times(times)


async def _speak(voice: LocalVoice, text: str, times: Times) -> Sound:
    began = time.perf_counter()
    pieces: list[Sound] = []
    async for piece in voice.speak(text):
        if not pieces:
            times.first_sound.append(time.perf_counter() - began)
        pieces.append(piece)
    times.spoken.append(time.perf_counter() - began)
    return Sound(b"".join(piece.pcm for piece in pieces), pieces[0].rate)


async def _through_a_file(reader: ProcessReader, sound: Sound, times: Times) -> Sound:
    """As a client would send it: as a file of its own rate."""

    async def whole() -> AsyncIterator[Sound]:
        yield sound

    file = b"".join([data async for data in ProcessWriter().write(whole(), SoundForm.OPUS)])
    began = time.perf_counter()
    found = await reader.read(BytesIO(file), "said.opus")
    times.read.append(time.perf_counter() - began)
    times.lengths.append(found.seconds)
    return found


async def _hear(
    transcriber: Transcriber, sound: Sound, hearing: Hearing, taken: list[float]
) -> list[str]:
    began = time.perf_counter()
    found = await transcriber.transcribe(sound, hearing)
    taken.append(time.perf_counter() - began)
    return words_of(found.text)


def words_of(text: str) -> list[str]:
    plain = re.findall(r"[a-z0-9]+", re.sub(r"['’,](?=\w)", "", text.lower()))
    return " ".join(_SAME.get(word, word) for word in plain).split()


def edits(said: Sequence[str], heard: Sequence[str]) -> int:
    """Words that were left out, put in or changed, at least."""
    row = list(range(len(heard) + 1))
    for place, word in enumerate(said, 1):
        before, row[0] = row[0], place
        for other, got in enumerate(heard, 1):
            change = before + (word != got)
            before = row[other]
            row[other] = min(change, row[other] + 1, row[other - 1] + 1)
    return row[-1]


def _print_times(times: Times) -> None:
    stages = {
        "first sound of a sentence": times.first_sound,
        "all of it spoken": times.spoken,
        "an Opus file read": times.read,
        "heard with care": times.heard,
        "heard briskly": times.brisk,
    }
    whole = sum(times.lengths)
    for name, taken in stages.items():
        print(
            f"{name}: p50 {quantile(taken, 0.5) * 1_000:.0f} ms, "
            f"p95 {quantile(taken, 0.95) * 1_000:.0f} ms, {sum(taken) / whole:.2f} x real time"
        )


if __name__ == "__main__":
    main()
