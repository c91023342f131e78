"""What a client needs to know before it talks."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.voice_schemas import VoiceResponse, voice
from parlez.core.errors import InvalidInput
from parlez.core.languages import NAMES
from parlez.core.speech import Speech
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.origins import own_url
from parlez.http.services import services
from parlez.http.socket_port import SOCKET_PATH

router = APIRouter(prefix="/api/websocket", tags=["speech"])


class SpeakersResponse(BaseModel):
    providers: dict[str, str]
    voices: list[VoiceResponse]
    unavailable: dict[str, str] = Field(description="What cannot be used, and why.")


class HearersResponse(BaseModel):
    providers: dict[str, str]
    unavailable: dict[str, str] = Field(description="What cannot be used, and why.")


class LanguageResponse(BaseModel):
    code: str
    name: str


class PlaceResponse(BaseModel):
    url: str
    port: int


class WebSocketConfigResponse(BaseModel):
    websocket: PlaceResponse
    tts: SpeakersResponse
    stt: HearersResponse
    languages: list[LanguageResponse] = Field(
        description="What is both heard and spoken, or every well-known one where nobody says."
    )
    defaults: dict[str, str | None] = Field(
        description="The provider that speaks, the voice of each, and the language."
    )


@router.get("/config", summary="Tell how to talk", responses=errors(ErrorResponse, 400, 401, 403))
async def config(request: Request, caller: DataCaller) -> WebSocketConfigResponse:
    """Who hears and who speaks, with which voices and in which languages."""
    speech = services(request).speech
    voices = [each.about for each in speech.voices.usable]
    languages = _languages(speech)
    return WebSocketConfigResponse(
        websocket=_place(request),
        tts=SpeakersResponse(
            providers={about.name: about.title for about in voices},
            voices=[voice(about, row) for about in voices for row in about.voices],
            unavailable={name: each.reason for name, each in speech.voices.missing.items()},
        ),
        stt=HearersResponse(
            providers={each.about.name: each.about.title for each in speech.transcribers.usable},
            unavailable={name: each.reason for name, each in speech.transcribers.missing.items()},
        ),
        languages=[LanguageResponse(code=code, name=NAMES[code]) for code in languages],
        defaults={
            "tts_provider": voices[0].name if voices else None,
            **{f"{name}_voice": each.voice for name, each in speech.voices.missing.items()},
            **{f"{about.name}_voice": about.voices[0].id for about in voices},
            "language": "en" if "en" in languages else next(iter(languages), None),
        },
    )


def _place(request: Request) -> PlaceResponse:
    """Where sockets are: as the operator said, else where the caller reached the server."""
    inside = services(request)
    try:
        main = urlsplit(own_url(request, inside.public_url))
        known = main.port
    except ValueError:
        raise InvalidInput("The header Host names no host.", param="Host") from None
    scheme = main.scheme.replace("http", "ws")
    port = known or (443 if scheme == "wss" else 80)
    alone = inside.sockets.port
    if inside.public_url or alone is None:
        return PlaceResponse(url=f"{scheme}://{main.netloc}{main.path}{SOCKET_PATH}", port=port)
    host = f"[{main.hostname}]" if ":" in (main.hostname or "") else main.hostname
    return PlaceResponse(url=f"{scheme}://{host}:{alone}", port=alone)


def _languages(speech: Speech) -> list[str]:
    """The well-known languages in which somebody hears and somebody speaks."""
    heard = [each.about.languages for each in speech.transcribers.usable]
    spoken = [each.about.languages for each in speech.voices.usable]
    return [
        code
        for code in NAMES
        if all(any(known is None or code in known for known in sort) for sort in (heard, spoken))
    ]
