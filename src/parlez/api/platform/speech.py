"""What was said, in writing."""

from fastapi import APIRouter, Request

from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.speech_schemas import (
    ProvidersResponse,
    TranscribeFields,
    TranscribeResponse,
    transcribed,
)
from parlez.core.ports.transcriber import Hearing
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.services import services
from parlez.http.uploads import fields_of, form_of, one_file, one_file_body

router = APIRouter(prefix="/api", tags=["speech"])


@router.get(
    "/speech/providers",
    summary="List who can hear",
    responses=errors(ErrorResponse, 401, 403),
)
async def providers(request: Request, caller: DataCaller) -> ProvidersResponse:
    """Whoever can write down what is said, the default first; and who cannot, and why."""
    transcribers = services(request).speech.transcribers
    usable = [each.about for each in transcribers.usable]
    return ProvidersResponse(
        providers={about.name: about.title for about in usable},
        unavailable={name: missing.reason for name, missing in transcribers.missing.items()},
        languages={
            about.name: sorted(about.languages) if about.languages is not None else None
            for about in usable
        },
        default=usable[0].name if usable else None,
    )


@router.post(
    "/transcribe",
    summary="Transcribe speech",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 429, 502, 503, 504),
    openapi_extra=one_file_body("audio", TranscribeFields),
)
async def transcribe(request: Request, caller: DataCaller) -> TranscribeResponse:
    """What is said in a file: WAV, MP3, Ogg or Opus, WebM, FLAC, M4A or AAC."""
    async with form_of(request) as form:
        name, file = one_file(form, "audio")
        fields = fields_of(form, TranscribeFields)
        provider, found = await services(request).speech.transcribe(
            caller,
            file.file,
            name,
            Hearing(fields.language_code, fields.model, fields.prompt, fields.words),
            provider=fields.provider,
        )
    return transcribed(provider, found)
