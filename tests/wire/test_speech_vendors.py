"""Vendors of speech over the wire: what is sent, what comes, and all that can go wrong.

Bytes after
https://developers.openai.com/api/reference/resources/audio (OpenAI),
https://docs.cloud.google.com/speech-to-text/docs/reference/rest/v1/speech/recognize and
https://docs.cloud.google.com/text-to-speech/docs/reference/rest/v1/text/synthesize (Google),
https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create and
https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech (Azure),
https://elevenlabs.io/docs/api-reference/text-to-speech/stream (ElevenLabs).
"""

import asyncio
from base64 import b64encode
from collections.abc import Callable
from contextlib import aclosing
from email.parser import BytesParser
from typing import Any

import aiohttp
import pytest
from tests.support.sounds import joined, silence, tone
from tests.support.wire_server import Received, WireServer

from parlez.core.errors import (
    ModelError,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
    ModelUnreachable,
)
from parlez.core.ports.transcriber import Hearing, Transcriber
from parlez.core.ports.voice import Speaking, Voice
from parlez.core.sound import Sound
from parlez.speech.azure.transcriber import AzureTranscriber
from parlez.speech.azure.voice import AzureVoice
from parlez.speech.elevenlabs.voice import ElevenLabsVoice
from parlez.speech.files.wav import wav_of
from parlez.speech.google.transcriber import GoogleTranscriber
from parlez.speech.google.voice import GoogleVoice
from parlez.speech.openai.transcriber import OpenAITranscriber
from parlez.speech.openai.voice import OpenAIVoice
from parlez.speech.vendor import Vendor

KEY = "sk-secret-0123456789"
SECRET = "A private sentence."
SPOKEN = tone(0.5, 24_000)
HEARD = tone(0.3)

TRANSCRIBERS: list[Any] = [OpenAITranscriber, GoogleTranscriber, AzureTranscriber]
VOICES: list[Any] = [OpenAIVoice, ElevenLabsVoice, GoogleVoice, AzureVoice]
STREAMING: list[Any] = [OpenAIVoice, ElevenLabsVoice, AzureVoice]

Make = Callable[..., Any]


@pytest.fixture
def make(server: WireServer, session: aiohttp.ClientSession, slept: list[float]) -> Make:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def make(kind: Any, silence: float = 5.0, **fields: Any) -> Any:
        address = server.base_url.removesuffix("/v1")
        told = {"name": "x", "title": "Vendor", "base_url": address, "api_key": KEY, **fields}
        vendor = Vendor(**{"key_setting": "VENDOR_KEY", "url_setting": "VENDOR_URL", **told})
        return kind(vendor, lambda: session, silence=silence, sleep=sleep)

    return make


def sound_answer(server: WireServer, pcm: bytes, content_type: str = "audio/pcm") -> None:
    server.raw(server.head("200 OK", content_type, f"Content-Length: {len(pcm)}"), pcm)


def form_of(received: Received) -> dict[str, list[Any]]:
    """The fields of a multipart body; a file as its name, type and bytes."""
    head = f"Content-Type: {received.headers['content-type']}\r\n\r\n".encode()
    fields: dict[str, list[Any]] = {}
    for part in BytesParser().parsebytes(head + received.body).get_payload():
        name = part.get_param("name", header="content-disposition")  # type: ignore[union-attr]
        data = part.get_payload(decode=True)  # type: ignore[union-attr]
        told = part.get_filename()  # type: ignore[union-attr]
        value = (told, part.get_content_type(), data) if told else data.decode()  # type: ignore[union-attr]
        fields.setdefault(str(name), []).append(value)
    return fields


async def use(engine: Transcriber | Voice) -> Any:
    if hasattr(engine, "transcribe"):
        return await engine.transcribe(HEARD)
    return await joined(engine.speak(SECRET))


# What each sends, and makes of what comes.


async def test_openai_hears(make: Make, server: WireServer) -> None:
    server.json(
        {
            "task": "transcribe",
            "language": "english",
            "duration": 0.3,
            "text": " Hello there.",
            "segments": [
                {"id": 0, "start": 0.0, "end": 0.2, "text": " Hello", "avg_logprob": -0.1},
                {"id": 1, "start": 0.2, "end": 0.3, "text": " there.", "avg_logprob": -0.3},
            ],
            "words": [{"word": "Hello", "start": 0.0, "end": 0.2}],
            "usage": {"type": "duration", "seconds": 1},
        }
    )
    found = await make(OpenAITranscriber).transcribe(
        HEARD, Hearing("en-US", prompt="names", words=True)
    )
    assert (found.text, found.language, found.model) == ("Hello there.", "en", "whisper-1")
    assert found.confidence == pytest.approx(0.85, abs=0.02)
    assert [(s.text, s.start, s.end) for s in found.segments] == [
        ("Hello", 0.0, 0.2),
        ("there.", 0.2, 0.3),
    ]
    assert [word.text for word in found.words] == ["Hello"]
    [received] = server.received
    assert received.line == "POST /audio/transcriptions HTTP/1.1"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert form_of(received) == {
        "model": ["whisper-1"],
        "language": ["en"],
        "prompt": ["names"],
        "response_format": ["verbose_json"],
        "timestamp_granularities[]": ["segment", "word"],
        "file": [("speech.wav", "audio/wav", wav_of(HEARD))],
    }


async def test_openais_newer_models_tell_how_sure_they_are(make: Make, server: WireServer) -> None:
    logprobs = [{"token": "Hi", "logprob": -0.2, "bytes": []}] * 2
    server.json({"text": "Hi", "logprobs": logprobs, "usage": {"type": "tokens"}})
    found = await make(OpenAITranscriber).transcribe(HEARD, Hearing(model="gpt-4o-transcribe"))
    assert (found.text, found.confidence, found.language) == ("Hi", 0.8187, None)
    fields = form_of(server.received[0])
    assert fields["response_format"] == ["json"]
    assert fields["include[]"] == ["logprobs"]
    assert "timestamp_granularities[]" not in fields


async def test_a_long_sound_is_sent_whole(make: Make, server: WireServer) -> None:
    server.json({}, "503 Service Unavailable")
    server.json({"text": "Hi"})
    long = tone(40.0)
    assert (await make(OpenAITranscriber).transcribe(long)).text == "Hi"
    for received in server.received:
        assert form_of(received)["file"][0][2] == wav_of(long)


async def test_a_server_that_needs_no_key_gets_none(make: Make, server: WireServer) -> None:
    server.json({"text": "Hi"})
    found = await make(OpenAITranscriber, api_key=None).transcribe(HEARD)
    assert (found.text, found.confidence, found.segments) == ("Hi", None, ())
    assert "authorization" not in server.received[0].headers


async def test_google_hears(make: Make, server: WireServer) -> None:
    server.json(
        {
            "results": [
                {
                    "alternatives": [
                        {
                            "transcript": "hello there",
                            "confidence": 0.9,
                            "words": [
                                {"startTime": "0s", "endTime": "0.200s", "word": "hello"},
                                {"startTime": "0.200s", "endTime": "0.300s", "word": "there"},
                            ],
                        }
                    ],
                    "resultEndTime": "0.290s",
                    "languageCode": "en-us",
                }
            ],
            "totalBilledTime": "1s",
        }
    )
    found = await make(GoogleTranscriber).transcribe(HEARD, Hearing("en", prompt="p", words=True))
    assert (found.text, found.language, found.confidence) == ("hello there", "en-us", 0.9)
    assert [(w.text, w.start, w.end) for w in found.words] == [
        ("hello", 0.0, 0.2),
        ("there", 0.2, 0.3),
    ]
    assert found.segments[0].end == 0.29
    [received] = server.received
    assert received.line == "POST /v1/speech:recognize HTTP/1.1"
    assert received.headers["x-goog-api-key"] == KEY
    assert received.body == {
        "config": {
            "encoding": "LINEAR16",
            "sampleRateHertz": 16_000,
            "languageCode": "en-US",
            "model": "latest_long",
            "enableAutomaticPunctuation": True,
            "enableWordTimeOffsets": True,
            "speechContexts": [{"phrases": ["p"]}],
        },
        "audio": {"content": b64encode(HEARD.pcm).decode()},
    }


async def test_azure_hears(make: Make, server: WireServer) -> None:
    word = {"text": "Hello", "offsetMilliseconds": 40, "durationMilliseconds": 160}
    server.json(
        {
            "durationMilliseconds": 300,
            "combinedPhrases": [{"text": "Hello there."}],
            "phrases": [
                {
                    "offsetMilliseconds": 40,
                    "durationMilliseconds": 240,
                    "text": "Hello there.",
                    "words": [word],
                    "locale": "en-US",
                    "confidence": 0.93,
                }
            ],
        }
    )
    found = await make(AzureTranscriber).transcribe(HEARD, Hearing("en", words=True))
    assert (found.text, found.language, found.confidence) == ("Hello there.", "en-US", 0.93)
    assert (found.segments[0].start, found.segments[0].end) == (0.04, 0.28)
    assert [(w.text, w.end) for w in found.words] == [("Hello", 0.2)]
    [received] = server.received
    assert received.line == (
        "POST /speechtotext/transcriptions:transcribe?api-version=2024-11-15 HTTP/1.1"
    )
    assert received.headers["ocp-apim-subscription-key"] == KEY
    fields = form_of(received)
    assert fields["definition"] == ['{"locales": ["en-US"], "profanityFilterMode": "None"}']
    assert fields["audio"] == [("speech.wav", "audio/wav", wav_of(HEARD))]


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        (OpenAITranscriber, {"text": "", "segments": []}),
        (GoogleTranscriber, {"totalBilledTime": "1s"}),
        (AzureTranscriber, {"combinedPhrases": [{"text": ""}], "phrases": []}),
    ],
)
async def test_silence_is_an_empty_text(
    make: Make, server: WireServer, kind: Any, answer: Any
) -> None:
    server.json(answer)
    found = await make(kind).transcribe(silence(0.2))
    assert (found.text, found.segments, found.confidence) == ("", (), None)


async def test_openai_speaks(make: Make, server: WireServer) -> None:
    sound_answer(server, SPOKEN.pcm)
    asked = Speaking("nova", "tts-1-hd", speed=1.5)
    assert await joined(make(OpenAIVoice).speak("Hello.", asked)) == SPOKEN
    [received] = server.received
    assert received.line == "POST /audio/speech HTTP/1.1"
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.body == {
        "model": "tts-1-hd",
        "input": "Hello.",
        "voice": "nova",
        "response_format": "pcm",
        "speed": 1.5,
    }


async def test_elevenlabs_speaks(make: Make, server: WireServer) -> None:
    sound_answer(server, SPOKEN.pcm)
    voice = make(ElevenLabsVoice)
    assert await joined(voice.speak("Hello.", Speaking(language="en-US", speed=2.0))) == SPOKEN
    [received] = server.received
    assert received.line == (
        "POST /v1/text-to-speech/kgG7dCoKCfLehAPWkJOE/stream?output_format=pcm_24000 HTTP/1.1"
    )
    assert received.headers["xi-api-key"] == KEY
    assert received.body == {
        "text": "Hello.",
        "model_id": "eleven_flash_v2_5",
        "voice_settings": {"speed": 1.2},
        "language_code": "en",
    }


async def test_a_voice_is_no_part_of_an_address(make: Make, server: WireServer) -> None:
    sound_answer(server, SPOKEN.pcm)
    await joined(make(ElevenLabsVoice).speak("Hello.", Speaking("../x?y")))
    assert "/v1/text-to-speech/..%2Fx%3Fy/stream" in server.received[0].line


async def test_google_speaks_sentence_by_sentence(make: Make, server: WireServer) -> None:
    first, second = tone(0.2, 24_000), tone(0.3, 24_000)
    for each in (first, second):
        server.json({"audioContent": b64encode(wav_of(each)).decode()})
    pieces = [piece async for piece in make(GoogleVoice).speak("One. Two.")]
    assert pieces == [first, second]
    received = server.received[0]
    assert received.line == "POST /v1/text:synthesize HTTP/1.1"
    assert received.headers["x-goog-api-key"] == KEY
    assert received.body == {
        "input": {"text": "One."},
        "voice": {"languageCode": "en-US", "name": "en-US-Neural2-C"},
        "audioConfig": {
            "audioEncoding": "LINEAR16",
            "sampleRateHertz": 24_000,
            "speakingRate": 1.0,
        },
    }
    assert server.received[1].body["input"] == {"text": "Two."}


async def test_azure_speaks(make: Make, server: WireServer) -> None:
    sound_answer(server, SPOKEN.pcm)
    text = "Fish & <chips>\x01"
    assert await joined(make(AzureVoice).speak(text, Speaking(language="de", speed=0.8))) == SPOKEN
    [received] = server.received
    assert received.line == "POST /cognitiveservices/v1 HTTP/1.1"
    assert received.headers["ocp-apim-subscription-key"] == KEY
    assert received.headers["x-microsoft-outputformat"] == "raw-24khz-16bit-mono-pcm"
    assert received.headers["content-type"] == "application/ssml+xml"
    assert received.body.decode() == (
        '<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="de-DE">'
        '<voice name="de-DE-KatjaNeural"><prosody rate="-20%">Fish &amp; &lt;chips&gt; '
        "</prosody></voice></speak>"
    )


@pytest.mark.parametrize("kind", STREAMING)
async def test_samples_come_whole_however_they_are_cut(
    make: Make, server: WireServer, kind: Any
) -> None:
    async def wait(_: Any) -> None:
        await asyncio.sleep(0.02)

    pcm = SPOKEN.pcm
    parts = [pcm[:1], pcm[1:1_002], pcm[1_002:]]
    acts: list[Any] = [act for part in parts for act in (part, wait)]
    server.raw(server.head("200 OK", "audio/pcm", f"Content-Length: {len(pcm)}"), *acts)
    pieces = [piece async for piece in make(kind).speak("Hello.")]
    assert len(pieces) > 1
    assert all(len(piece.pcm) % 2 == 0 and piece.pcm for piece in pieces)
    assert b"".join(piece.pcm for piece in pieces) == pcm


@pytest.mark.parametrize("kind", VOICES)
async def test_without_a_word_nothing_is_asked(make: Make, server: WireServer, kind: Any) -> None:
    assert [piece async for piece in make(kind).speak(" … ")] == []
    assert not server.received


# What can go wrong, with each of them.

ERRORS: dict[str, Any] = {
    "openai": {"error": {"message": f"bad {KEY} {SECRET}", "type": "t", "code": "some_code"}},
    "google": {
        "error": {
            "code": 400,
            "message": f"bad {KEY} {SECRET}",
            "status": "SOME_STATUS",
            "details": [{"reason": "SOME_REASON"}],
        }
    },
    "elevenlabs": {"detail": {"status": "some_status", "message": f"bad {KEY} {SECRET}"}},
    "azure": {"error": {"code": "SomeCode", "message": f"bad {KEY} {SECRET}"}},
    "text": f"bad {KEY} {SECRET}".encode(),
}


STATUSES: list[tuple[str, type[ModelError]]] = [
    ("401 Unauthorized", ModelUnavailable),
    ("402 Payment Required", ModelUnavailable),
    ("404 Not Found", ModelUnavailable),
    ("400 Bad Request", ModelRejected),
    ("302 Found", ModelFailed),
    ("500 Internal Server Error", ModelFailed),
]


@pytest.mark.parametrize("kind", TRANSCRIBERS + VOICES)
@pytest.mark.parametrize("form", ERRORS)
async def test_refusals_in_plain_words(
    make: Make, server: WireServer, kind: Any, form: str
) -> None:
    for status, expected in STATUSES:
        server.answers.clear()
        server.json(ERRORS[form], status)
        with pytest.raises(ModelError) as caught:
            await use(make(kind))
        assert type(caught.value) is expected
        assert KEY not in caught.value.message
        assert "private" not in caught.value.message
        assert status[:3] in caught.value.message
        assert form == "text" or "some" in caught.value.message.lower()
        if status.startswith("401"):
            assert "VENDOR_KEY" in caught.value.message


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ({"error": {"code": "insufficient_quota"}}, "429 Too Many Requests", "no credit"),
        ({"detail": {"status": "quota_exceeded"}}, "401 Unauthorized", "no credit"),
        (
            {"error": {"status": "INVALID", "details": [{"reason": "API_KEY_INVALID"}]}},
            "400 Bad Request",
            "does not accept the API key",
        ),
    ],
)
async def test_what_a_status_does_not_tell(
    make: Make, server: WireServer, body: Any, status: str, said: str
) -> None:
    server.json(body, status)
    with pytest.raises(ModelUnavailable, match=said):
        await use(make(OpenAIVoice))


@pytest.mark.parametrize("kind", TRANSCRIBERS + VOICES)
async def test_too_many_requests_are_waited_for(
    make: Make, server: WireServer, kind: Any, slept: list[float]
) -> None:
    server.json({}, "429 Too Many Requests", "Retry-After: 7")
    with pytest.raises(ModelOverloaded) as caught:
        await use(make(kind))
    assert caught.value.retry_after == 7
    assert slept == [7, 7]
    assert len(server.received) == 3


async def test_a_long_wait_is_the_callers_own(
    make: Make, server: WireServer, slept: list[float]
) -> None:
    server.json({}, "429 Too Many Requests", "Retry-After: 90")
    with pytest.raises(ModelOverloaded) as caught:
        await use(make(OpenAITranscriber))
    assert (caught.value.retry_after, slept) == (90, [])


async def test_what_passes_is_tried_again(
    make: Make, server: WireServer, slept: list[float]
) -> None:
    server.json({}, "503 Service Unavailable")
    server.raw(server.reset)
    server.json({"text": "Hi"})
    assert (await make(OpenAITranscriber).transcribe(HEARD)).text == "Hi"
    assert len(slept) == 2


NONSENSE: list[Any] = [
    b"[]",
    b"{",
    b"null",
    b"\xff",
    b"",
    {"text": 5},
    {"text": "a", "segments": [{"text": "a", "start": "x", "end": 1}]},
    {"results": [1]},
    {"results": [{"alternatives": [{"transcript": "a"}], "resultEndTime": "soon"}]},
    {"combinedPhrases": [{}], "phrases": [{}]},
]


@pytest.mark.parametrize("kind", TRANSCRIBERS)
@pytest.mark.parametrize("body", NONSENSE, ids=range(len(NONSENSE)))
async def test_nonsense_is_an_error_or_an_empty_text(
    make: Make, server: WireServer, kind: Any, body: Any
) -> None:
    server.json(body)
    try:
        found = await make(kind).transcribe(HEARD)
    except ModelFailed as error:
        assert "makes no sense" in error.message
    else:
        assert kind is GoogleTranscriber
        assert found.text == ""


@pytest.mark.parametrize("kind", STREAMING)
@pytest.mark.parametrize("content_type", ["text/html", "application/json"])
async def test_what_is_no_sound(
    make: Make, server: WireServer, kind: Any, content_type: str
) -> None:
    sound_answer(server, b"<html>sorry</html>", content_type)
    with pytest.raises(ModelFailed, match="makes no sense"):
        await use(make(kind))


@pytest.mark.parametrize(
    "body",
    [
        b"[]",
        {},
        {"audioContent": "*"},
        {"audioContent": "AAAA"},
        {"audioContent": b64encode(wav_of(Sound(b"", 24_000))).decode()},
    ],
)
async def test_what_is_no_sound_of_googles(make: Make, server: WireServer, body: Any) -> None:
    server.json(body)
    with pytest.raises(ModelFailed, match="makes no sense"):
        await use(make(GoogleVoice))


@pytest.mark.parametrize("kind", STREAMING)
async def test_an_answer_without_a_sample(make: Make, server: WireServer, kind: Any) -> None:
    sound_answer(server, b"")
    with pytest.raises(ModelFailed):
        await use(make(kind))


@pytest.mark.parametrize("kind", TRANSCRIBERS + VOICES)
async def test_half_an_answer(make: Make, server: WireServer, kind: Any) -> None:
    content_type = "audio/pcm" if kind in STREAMING else "application/json"
    half = SPOKEN.pcm[:100]
    server.raw(server.head("200 OK", content_type, "Content-Length: 5000"), half, server.reset)
    with pytest.raises(ModelFailed, match="broke off"):
        await use(make(kind))


@pytest.mark.parametrize("kind", TRANSCRIBERS + VOICES)
async def test_silence_of_the_vendor(make: Make, server: WireServer, kind: Any) -> None:
    server.raw(server.hang)
    with pytest.raises(ModelTimeout):
        await use(make(kind, silence=0.1))


async def test_nobody_there(make: Make, slept: list[float]) -> None:
    with pytest.raises(ModelUnreachable, match="VENDOR_URL"):
        await use(make(OpenAIVoice, base_url="http://127.0.0.1:9"))
    with pytest.raises(ModelUnreachable):
        await use(make(OpenAIVoice, base_url="nonsense"))


async def test_a_key_that_cannot_be_sent(make: Make, server: WireServer) -> None:
    with pytest.raises(ModelUnavailable, match="VENDOR_KEY"):
        await use(make(OpenAIVoice, api_key="a\nb"))
    assert not server.received


async def test_a_key_shows_in_no_representation(make: Make) -> None:
    assert KEY not in repr(Vendor("x", "X", "http://x.example", KEY))


async def test_leaving_closes_the_connection(make: Make, server: WireServer) -> None:
    head = server.head("200 OK", "audio/pcm", "Content-Length: 999999")
    server.raw(head, SPOKEN.pcm, server.hang)
    async with aclosing(make(OpenAIVoice).speak("Hello.")) as pieces:
        assert (await anext(pieces)).pcm
    await asyncio.wait_for(server.gone.wait(), 20)
