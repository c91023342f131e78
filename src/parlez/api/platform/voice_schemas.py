"""Speech, as the original's own clients spell it."""

import binascii
from base64 import b64decode
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from parlez.api.platform.speech_schemas import LanguageCode, Provider, SpeechModel
from parlez.core.ports.sound_files import Raw, RawForm, SoundForm
from parlez.core.ports.voice import VoiceAbout, VoiceRow
from parlez.http.fields import Label, MessageText

_RAW = {
    "linear16": RawForm.PCM16,
    "pcm16": RawForm.PCM16,
    "pcm": RawForm.PCM16,
    "raw": RawForm.PCM16,
    "mulaw": RawForm.MULAW,
    "alaw": RawForm.ALAW,
}
"""Encodings without a container. All others tell themselves what they are."""


def _is_base64(text: str) -> str:
    try:
        b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None
    return text


class AudioConfig(BaseModel):
    encoding: Label | None = Field(
        None, description="LINEAR16, MULAW or ALAW for bare samples; files need none."
    )
    sample_rate: Annotated[int, Field(ge=4_000, le=192_000)] = 16_000
    channels: Annotated[int, Field(ge=1, le=8)] = 1
    language_code: LanguageCode | None = None

    def raw(self, data: bytes) -> Raw | None:
        """How bare samples are to be read, None for a file."""
        form = _RAW.get((self.encoding or "").lower())
        # Whoever says LINEAR16 may well send a WAV file.
        if form is None or data[:4] in (b"RIFF", b"OggS", b"fLaC"):
            return None
        return Raw(form, self.sample_rate, self.channels)


class SttRequest(BaseModel):
    audio: Annotated[
        str, AfterValidator(_is_base64), Field(description="The sound, in base64.", examples=[""])
    ]
    config: AudioConfig = AudioConfig()
    model: SpeechModel | None = None
    provider: Provider | None = None

    @property
    def data(self) -> bytes:
        return b64decode(self.audio)


class TtsRequest(BaseModel):
    model_config = ConfigDict(populate_by_name=True)

    text: Annotated[MessageText, Field(max_length=4_096, examples=["Hello!"])]
    voice_id: Label | None = None
    language_code: LanguageCode | None = None
    model: SpeechModel | None = None
    provider: Provider | None = None
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    form: SoundForm = Field(SoundForm.MP3, alias="format")


class TtsResponse(BaseModel):
    audio: str = Field(description="The file, in base64.")
    format: str


class SpeechModelResponse(BaseModel):
    id: str
    name: str
    provider: str
    languages: list[str] | None = Field(description="null for one that does not say.")
    default: bool


class SpeechModelsResponse(BaseModel):
    models: list[SpeechModelResponse]


class VoiceResponse(BaseModel):
    id: str
    name: str
    provider: str
    gender: str | None
    language: str | None = Field(description="null for a voice of all languages.")


class VoicesResponse(BaseModel):
    voices: list[VoiceResponse]


def voice(about: VoiceAbout, row: VoiceRow) -> VoiceResponse:
    return VoiceResponse(
        id=row.id, name=row.name, provider=about.name, gender=row.gender, language=row.language
    )
