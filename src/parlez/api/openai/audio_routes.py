"""Hearing and speaking."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse

from parlez.api.openai import audio_encode
from parlez.api.openai.audio_schemas import (
    SpeechRequest,
    Transcription,
    TranscriptionFields,
    VerboseTranscription,
)
from parlez.api.openai.errors import ErrorResponse
from parlez.api.openai.refusals import never, refuse, unsupported
from parlez.core.ports.sound_files import SoundForm
from parlez.core.ports.transcriber import Hearing, Transcript
from parlez.core.ports.voice import Speaking
from parlez.core.speech import Speech
from parlez.http.byte_stream import ByteStream, begun
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services
from parlez.http.uploads import fields_of, form_of, one_file, one_file_body

router = APIRouter(prefix="/v1/audio", tags=["openai"], route_class=JsonRoute)

SPEECH_ERRORS = (400, 401, 403, 404, 413, 415, 429, 502, 503, 504)
"""What can happen to a call that hears or speaks."""

PCM_RATE = 24_000
"""What OpenAI's bare samples have a second, which clients take for granted."""

OPENAI_VOICES = frozenset(
    {
        "alloy",
        "ash",
        "ballad",
        "cedar",
        "coral",
        "echo",
        "fable",
        "marin",
        "nova",
        "onyx",
        "sage",
        "shimmer",
        "verse",
    }
)
"""Voices that clients ask for whoever may speak: an engine without them speaks with its own."""

_REFUSED = {"include[]": never, "include": never, "known_speaker_names[]": never}


@router.post(
    "/transcriptions",
    summary="Transcribe speech",
    response_model=VerboseTranscription | Transcription,
    responses={
        200: {
            "description": "The transcript, in the form that is asked for.",
            "content": {"text/plain": {}, "text/vtt": {}},
        },
        **errors(ErrorResponse, *SPEECH_ERRORS),
    },
    openapi_extra=one_file_body("file", TranscriptionFields),
)
async def transcriptions(request: Request, caller: DataCaller) -> Response:
    """What is said in a file, as JSON, text or subtitles."""
    async with form_of(request) as form:
        name, file = one_file(form)
        fields = fields_of(form, TranscriptionFields)
        refuse(fields, _REFUSED)
        if fields.stream:
            raise unsupported("stream", "'stream' is not supported here. Leave it out.")
        words = "word" in fields.timestamp_granularities
        if words and fields.response_format != "verbose_json":
            raise unsupported(
                "timestamp_granularities", "Times of words need the response_format verbose_json."
            )
        _, found = await services(request).speech.transcribe(
            caller,
            file.file,
            name,
            Hearing(fields.language, fields.model, fields.prompt, words),
        )
    return _answer(found, fields)


def _answer(found: Transcript, fields: TranscriptionFields) -> Response:
    match fields.response_format:
        case "text":
            return PlainTextResponse(f"{found.text}\n")
        case "srt":
            return PlainTextResponse(audio_encode.srt(found))
        case "vtt":
            return PlainTextResponse(audio_encode.vtt(found), media_type="text/vtt")
        case "verbose_json":
            answer = audio_encode.verbose(found, fields.timestamp_granularities)
            return JSONResponse(answer.model_dump(exclude_none=True))
        case _:
            return JSONResponse(audio_encode.plain(found).model_dump())


@router.post(
    "/speech",
    summary="Say a text",
    response_class=Response,
    responses={
        200: {
            "description": "The file, sent while it is made.",
            "content": {form.media_type: {} for form in SoundForm},
        },
        **errors(ErrorResponse, *SPEECH_ERRORS),
    },
)
async def say(request: Request, body: SpeechRequest, caller: DataCaller) -> Response:
    """A text aloud. What the file begins with is sent as soon as there is a sentence."""
    if body.stream_format != "audio":
        raise unsupported("stream_format", "'stream_format' can only be 'audio' here.")
    speech = services(request).speech
    speaking = Speaking(_voice(speech, body), body.model, None, body.speed)
    pieces = speech.speak(caller, body.input, speaking)
    form = body.response_format
    rate = PCM_RATE if form is SoundForm.PCM else None
    chunks = await begun(speech.writer.write(pieces, form, rate))
    return ByteStream(chunks, {"Cache-Control": "no-store"}, form.media_type)


def _voice(speech: Speech, body: SpeechRequest) -> str | None:
    """The voice that is asked for; None, which is the engine's own, for one of OpenAI's that it has
    not."""
    engine, _ = speech.voices.choose(None, body.model)
    about = engine.about
    if about.any_voice or body.voice_id in [row.id for row in about.voices]:
        return body.voice_id
    return None if body.voice_id in OPENAI_VOICES else body.voice_id
