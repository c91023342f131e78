"""A server that hears and speaks as four vendors do, for what their adapters have in common.

It hears `SAID` in whatever is no silence, and says a tone for each sentence. Bytes after the pages
that tests/wire/test_speech_vendors.py names.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web
from tests.support.sounds import SAID, tone

from parlez.core.sentences import sentences
from parlez.core.sound import Sound
from parlez.speech.files.wav import wav_of

RATE = 24_000
WORDS = SAID.split()


def _speech(text: str, speed: float) -> list[Sound]:
    spoken = [text[start:end] for start, end in sentences(text)]
    words = [len(each.split()) for each in spoken if any(map(str.isalnum, each))]
    return [tone(max(count * 0.2, 0.2) / speed, RATE) for count in words]


async def _stream(request: web.Request, text: str, speed: float) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "audio/pcm"})
    await response.prepare(request)
    for sound in _speech(text, speed):
        for start in range(0, len(sound.pcm), 15_999):
            await response.write(sound.pcm[start : start + 15_999])
    await response.write_eof()
    return response


async def _openai_hears(request: web.Request) -> web.Response:
    form = await request.post()
    file = form["file"]
    assert isinstance(file, web.FileField)
    heard = SAID if any(file.file.read()[44:]) else ""
    segment = {"id": 0, "start": 0.0, "end": 1.0, "text": f" {heard}", "avg_logprob": -0.2}
    word_times = [{"word": w, "start": n / 10, "end": n / 10} for n, w in enumerate(WORDS)]
    asked = "word" in form.getall("timestamp_granularities[]")
    return web.json_response(
        {
            "text": heard,
            "language": "english",
            "segments": [segment] if heard else [],
            **({"words": word_times} if asked else {}),
        }
    )


async def _openai_speaks(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    return await _stream(request, body["input"], body["speed"])


async def _elevenlabs_speaks(request: web.Request) -> web.StreamResponse:
    body = await request.json()
    speed = body.get("voice_settings", {}).get("speed", 1.0)
    return await _stream(request, body["text"], speed)


async def _google_hears(request: web.Request) -> web.Response:
    body = await request.json()
    if not any(b64decode(body["audio"]["content"])):
        return web.json_response({"totalBilledTime": "1s"})
    times = [{"startTime": f"{n}s", "endTime": f"{n}s", "word": w} for n, w in enumerate(WORDS)]
    best = {"transcript": SAID, "confidence": 0.9}
    if body["config"]["enableWordTimeOffsets"]:
        best["words"] = times
    result = {"alternatives": [best], "resultEndTime": "1s", "languageCode": "en"}
    return web.json_response({"results": [result]})


async def _google_speaks(request: web.Request) -> web.Response:
    body = await request.json()
    [sound] = _speech(body["input"]["text"], body["audioConfig"]["speakingRate"])
    return web.json_response({"audioContent": b64encode(wav_of(sound)).decode()})


async def _azure_hears(request: web.Request) -> web.Response:
    file = (await request.post())["audio"]
    assert isinstance(file, web.FileField)
    if not any(file.file.read()[44:]):
        return web.json_response({"combinedPhrases": [{"text": ""}], "phrases": []})
    times = {"offsetMilliseconds": 0, "durationMilliseconds": 1_000}
    words = [{"text": word, **times} for word in WORDS]
    phrase = {"text": SAID, "locale": "en", "confidence": 0.9, "words": words, **times}
    return web.json_response({"combinedPhrases": [{"text": SAID}], "phrases": [phrase]})


async def _azure_speaks(request: web.Request) -> web.StreamResponse:
    ssml = await request.text()
    found = re.search(r'rate="([-+]\d+)%">(.*)</prosody>', ssml, re.S)
    assert found
    return await _stream(request, found[2], 1 + int(found[1]) / 100)


@asynccontextmanager
async def audio_vendor() -> AsyncIterator[str]:
    """Its address."""
    app = web.Application(client_max_size=2**26)
    app.router.add_post("/audio/transcriptions", _openai_hears)
    app.router.add_post("/audio/speech", _openai_speaks)
    app.router.add_post("/v1/speech:recognize", _google_hears)
    app.router.add_post("/v1/text:synthesize", _google_speaks)
    app.router.add_post("/speechtotext/transcriptions:transcribe", _azure_hears)
    app.router.add_post("/cognitiveservices/v1", _azure_speaks)
    app.router.add_post("/v1/text-to-speech/{voice}/stream", _elevenlabs_speaks)
    runner = web.AppRunner(app, handle_signals=False, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
