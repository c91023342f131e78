"""Spoken conversations, from the last sample of a question to the first sound of its answer:
`python -m benchmarks.spoken`.

Questions are spoken by Piper, half of them behind a sentence or two, a third faster and a third
with noise, sent over the WebSocket, and answered by the embedded engines alone: as whole
utterances, then through a microphone that stays open, into which the user speaks again as soon as
there is an answer. 16 utterances come at once; 500 sockets stay open with nothing to do. Then a
server has one core with its engines, and two such conversations go on while 20 plain turns a second
come in at an even pace, answered by a mock model on the other core. Nothing else should run on the
machine.
"""

import asyncio
import base64
import json
import os
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import islice
from typing import Any

import aiohttp
import numpy as np
import uvloop

from benchmarks import servers
from benchmarks.load import quantile
from benchmarks.mock_model import serve_mock
from benchmarks.pace import paced_looks, paced_turns
from benchmarks.retrieval import EMBEDDED
from benchmarks.servers import LOAD_CORE, SERVER_CORE, Measured
from benchmarks.speech import SENTENCES
from parlez.core.ports.voice import Speaking
from parlez.core.sound import HEARING_RATE, SAMPLE_BYTES, Sound
from parlez.speech.files.wav import wav_of
from parlez.speech.local.settings import LocalSpeech
from parlez.speech.local.voice import LocalVoice

QUESTIONS = 20
AT_ONCE = 16
IDLE_SOCKETS = 500
FRAME_BYTES = HEARING_RATE // 50 * SAMPLE_BYTES
"""20 ms, as browsers send them."""

LOUD = 500
"""The amplitude, of 32,768, from which on a sample is speech."""

QUIET_SECONDS = 0.2
"""Before the first sample of speech."""

FASTER = 1.25
NOISE = 0.1
"""The amplitude of the noise, as a share of that of the speech: 20 dB below it."""

STAGES = ("transcribed", "first_token", "first_sentence", "first_audio", "end")


def main() -> None:
    uvloop.run(_run())


async def _run() -> None:
    questions = await _spoken(SENTENCES.read_text().splitlines())
    lengths = [question.seconds for question in questions]
    print(f"{len(questions)} questions of {min(lengths):.1f} to {max(lengths):.1f} s")
    async with serve_mock() as model_url:
        async with _served(model_url, {0, 1}) as (parlez, client, url):
            await _measure(parlez, client, url, questions)
        os.sched_setaffinity(0, {LOAD_CORE})
        async with _served(model_url, {SERVER_CORE}) as (parlez, client, url):
            await _measure_beside(parlez, client, url, questions)


@asynccontextmanager
async def _served(
    model_url: str, cores: set[int]
) -> AsyncIterator[tuple[Measured, aiohttp.ClientSession, str]]:
    """A server with its engines on these cores, whoever calls it, and its WebSocket."""
    with servers.parlez(model_url, cores=cores) as parlez:
        headers = {"Authorization": f"Bearer {parlez.key}"}
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(headers=headers, connector=connector) as client:
            yield parlez, client, f"http://127.0.0.1:{parlez.port}/ws"


async def _spoken(sentences: Sequence[str]) -> list[Sound]:
    """Those that are questions, aloud, a moment of silence before them, and cut off at their last
    sample of speech. Every fourth comes behind two of the others, and another behind one."""
    told = iter([sentence for sentence in sentences if not sentence.endswith("?")])
    asked = [
        " ".join([*islice(told, max(place % 4 - 1, 0)), question])
        for place, question in enumerate(each for each in sentences if each.endswith("?"))
    ][:QUESTIONS]
    chance = np.random.default_rng(7)
    voice = LocalVoice(LocalSpeech())
    spoken: list[Sound] = []
    try:
        for place, text in enumerate(asked):
            manner = Speaking(speed=FASTER if place % 3 == 1 else 1.0)
            sound = _cut(b"".join([each.pcm async for each in voice.speak(text, manner)]))
            spoken.append(_noisy(sound, chance) if place % 3 == 2 else sound)
    finally:
        await voice.close()
    return spoken


def _noisy(sound: Sound, chance: np.random.Generator) -> Sound:
    samples = np.frombuffer(sound.pcm, np.int16).astype(np.float64)
    noise = chance.normal(0, np.sqrt(np.mean(samples**2)) * NOISE, len(samples))
    return Sound(np.clip(samples + noise, -32_768, 32_767).astype(np.int16).tobytes(), sound.rate)


def _cut(pcm: bytes, rate: int = 22_050) -> Sound:
    samples = np.frombuffer(pcm, np.int16)
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > LOUD)
    quiet = np.zeros(int(rate * QUIET_SECONDS), np.int16)
    samples = np.concatenate([quiet, samples[int(loud[0]) : int(loud[-1]) + 1]])
    places = np.arange(0, len(samples), rate / HEARING_RATE)
    heard = np.interp(places, np.arange(len(samples)), samples).astype(np.int16)
    return Sound(heard.tobytes(), HEARING_RATE)


async def _measure(
    parlez: Measured, client: aiohttp.ClientSession, url: str, questions: Sequence[Sound]
) -> None:
    async with _socket(client, url) as socket:
        await _ask(socket, questions[0])
        whole = [await _ask(socket, question) for question in questions]
    _print_times("whole utterances", [seconds for seconds, _ in whole])
    for stage in STAGES:
        taken = [times[stage] / 1_000 for _, times in whole if stage in times]
        _print_times(f"  {stage}", taken)
    listening = [await _listen(client, url, each) for each in questions]
    _print_times("listening", [answered for answered, _ in listening])
    _print_times("playback paused", [paused for _, paused in listening if paused is not None])
    async with AsyncExitStack() as stack:
        many = [await stack.enter_async_context(_socket(client, url)) for _ in range(AT_ONCE)]
        answered = await asyncio.gather(*(_ask(socket, questions[1]) for socket in many))
        _print_times(f"{AT_ONCE} at once, all answered", [seconds for seconds, _ in answered])
    before = parlez.memory_bytes()
    async with AsyncExitStack() as stack:
        for _ in range(IDLE_SOCKETS):
            await stack.enter_async_context(_socket(client, url))
        each = (parlez.memory_bytes() - before) / IDLE_SOCKETS / 1_000
    print(f"{IDLE_SOCKETS} idle sockets: {each:.0f} kB each")


async def _measure_beside(
    parlez: Measured, client: aiohttp.ClientSession, url: str, questions: Sequence[Sound]
) -> None:
    for name, paced in (("plain turns", paced_turns), ("requests for nothing", paced_looks)):
        talking = asyncio.gather(*(_talk(client, url, questions) for _ in range(2)))
        times = await paced(parlez, asyncio.ensure_future(talking))
        _print_times(f"{name} beside two spoken conversations", [each / 1_000 for each in times])


@asynccontextmanager
async def _socket(
    client: aiohttp.ClientSession, url: str
) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    async with client.ws_connect(url, max_msg_size=0, compress=0) as socket:
        await _until(socket, "init_ack")
        yield socket


async def _ask(
    socket: aiohttp.ClientWebSocketResponse, question: Sound
) -> tuple[float, dict[str, float]]:
    """Seconds to the first sound of the answer, and the times of its stages as the server tells."""
    data = base64.b64encode(wav_of(question)).decode()
    body = {"type": "audio", "audio_data": data, "format": "wav", "model": EMBEDDED}
    began = time.perf_counter()
    await socket.send_json(body)
    await _until(socket, "audio_chunk")
    first = time.perf_counter() - began
    # The embedded model talks for long.
    await socket.send_json({"type": "stop"})
    ended = await _until(socket, "audio_stream_end")
    return first, ended["timings"]


async def _listen(
    client: aiohttp.ClientSession, url: str, question: Sound
) -> tuple[float, float | None]:
    """Seconds from the last sample of a question to the first sound of its answer, and then, while
    the same is said once more, from its first sample of speech until playback pauses; None where
    the answer was over before that."""
    async with _socket(client, url) as socket:
        await socket.send_json({"type": "listen", "sample_rate": HEARING_RATE, "model": EMBEDDED})
        await _until(socket, "status")
        microphone = _Microphone(socket)
        answering = asyncio.create_task(_arrival(socket, "audio_chunk"))
        await microphone.record(question.pcm)
        last = time.perf_counter()
        await microphone.record_silence(answering)
        pausing = asyncio.create_task(_arrival(socket, "pause", "audio_stream_end"))
        quiet = int(HEARING_RATE * QUIET_SECONDS) * SAMPLE_BYTES
        await microphone.record(question.pcm[:quiet])
        first = time.perf_counter()
        await microphone.record(question.pcm[quiet:])
        await microphone.record_silence(pausing)
        (_, answered), (came, at) = answering.result(), pausing.result()
        return answered - last, at - first if came == "pause" else None


class _Microphone:
    """Sends sound into a socket as fast as it is said."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse):
        self._socket = socket
        self._due = time.perf_counter()

    async def record(self, pcm: bytes) -> None:
        for start in range(0, len(pcm), FRAME_BYTES):
            frame = pcm[start : start + FRAME_BYTES]
            await self._socket.send_bytes(frame)
            self._due += len(frame) / SAMPLE_BYTES / HEARING_RATE
            await asyncio.sleep(max(self._due - time.perf_counter(), 0))

    async def record_silence(self, until: asyncio.Task[Any]) -> None:
        while not until.done():
            await self.record(bytes(FRAME_BYTES))


async def _talk(client: aiohttp.ClientSession, url: str, questions: Sequence[Sound]) -> None:
    async with _socket(client, url) as socket:
        for question in questions:
            await _ask(socket, question)


async def _arrival(socket: aiohttp.ClientWebSocketResponse, *types: str) -> tuple[str, float]:
    """Which of these messages comes first, and when."""
    message = await _until(socket, *types)
    return message["type"], time.perf_counter()


async def _until(socket: aiohttp.ClientWebSocketResponse, *types: str) -> dict[str, Any]:
    while True:
        message: dict[str, Any] = json.loads(await socket.receive_str(timeout=60))
        if message["type"] == "error":
            raise RuntimeError(message["message"])
        if message["type"] in types:
            return message


def _print_times(name: str, seconds: Sequence[float]) -> None:
    p50, p95, p99 = (quantile(list(seconds), share) * 1_000 for share in (0.5, 0.95, 0.99))
    print(f"{name}: p50 {p50:.0f} ms   p95 {p95:.0f} ms   p99 {p99:.0f} ms   ({len(seconds)})")


if __name__ == "__main__":
    main()
