"""Hearing and speaking, as the original's own clients ask for it."""

from base64 import b64encode
from collections.abc import Sequence
from io import BytesIO
from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.speech_schemas import (
    LanguageCode,
    Provider,
    TranscribeResponse,
    transcribed,
)
from parlez.api.platform.voice_schemas import (
    SpeechModelResponse,
    SpeechModelsResponse,
    SttRequest,
    TtsRequest,
    TtsResponse,
    VoicesResponse,
    voice,
)
from parlez.core.languages import base_of
from parlez.core.ports.transcriber import Hearing, TranscriberAbout
from parlez.core.ports.voice import Speaking, VoiceAbout
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api/voice", tags=["speech"], route_class=JsonRoute)

SPEECH_ERRORS = (400, 401, 403, 404, 413, 415, 429, 502, 503, 504)
"""What can happen to a call that hears or speaks."""


@router.get(
    "/stt/models", summary="List models that hear", responses=errors(ErrorResponse, 401, 403)
)
async def hearing_models(request: Request, caller: DataCaller) -> SpeechModelsResponse:
    """The models that can write down what is said, the default first."""
    return _models([each.about for each in services(request).speech.transcribers.usable])


@router.get(
    "/tts/models", summary="List models that speak", responses=errors(ErrorResponse, 401, 403)
)
async def speaking_models(request: Request, caller: DataCaller) -> SpeechModelsResponse:
    """The models that can say a text, the default first."""
    return _models([each.about for each in services(request).speech.voices.usable])


@router.get("/voices", summary="List voices", responses=errors(ErrorResponse, 400, 401, 403))
async def voices(
    request: Request,
    caller: DataCaller,
    provider: Annotated[Provider | None, Query()] = None,
    language_code: Annotated[LanguageCode | None, Query()] = None,
) -> VoicesResponse:
    """The voices that can be used, the default first."""
    found = [
        voice(engine.about, row)
        for engine in services(request).speech.voices.usable
        for row in engine.about.voices
        if provider in (None, engine.about.name)
        and (language_code is None or _speaks(row.language, language_code))
    ]
    return VoicesResponse(voices=found)


@router.post(
    "/stt", summary="Transcribe speech in base64", responses=errors(ErrorResponse, *SPEECH_ERRORS)
)
async def hear(request: Request, body: SttRequest, caller: DataCaller) -> TranscribeResponse:
    """What is said in a sound: a file, or bare samples that `config` tells about."""
    data = body.data
    provider, found = await services(request).speech.transcribe(
        caller,
        BytesIO(data),
        hearing=Hearing(body.config.language_code, body.model),
        provider=body.provider,
        raw=body.config.raw(data),
    )
    return transcribed(provider, found)


@router.post("/tts", summary="Say a text", responses=errors(ErrorResponse, *SPEECH_ERRORS))
async def say(request: Request, body: TtsRequest, caller: DataCaller) -> TtsResponse:
    """A text aloud, as a file in base64."""
    speech = services(request).speech
    speaking = Speaking(body.voice_id, body.model, body.language_code, body.speed)
    pieces = speech.speak(caller, body.text, speaking, provider=body.provider)
    data = b"".join([piece async for piece in speech.writer.write(pieces, body.form)])
    return TtsResponse(audio=b64encode(data).decode(), format=body.form)


def _models(abouts: Sequence[TranscriberAbout | VoiceAbout]) -> SpeechModelsResponse:
    return SpeechModelsResponse(
        models=[
            SpeechModelResponse(
                id=model,
                name=model,
                provider=about.name,
                languages=sorted(about.languages) if about.languages is not None else None,
                default=place == number == 0,
            )
            for place, about in enumerate(abouts)
            for number, model in enumerate(about.models)
        ]
    )


def _speaks(language: str | None, code: str) -> bool:
    return language is None or base_of(language) == base_of(code)
