"""What clients send."""

import binascii
from base64 import b64decode
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    SecretStr,
    Strict,
    TypeAdapter,
    ValidationError,
)

from parlez.api.platform.fields import ModelName, UserId
from parlez.api.platform.sampling import Sampling
from parlez.api.platform.socket.leaving import Close, Leave
from parlez.api.platform.speech_schemas import LanguageCode
from parlez.core.errors import InvalidInput
from parlez.core.ports.sound_files import Raw, RawForm, SoundForm
from parlez.http.fields import Json, Label, MessageText
from parlez.http.json_route import parse_json
from parlez.http.problems import explain, place_of
from parlez.http.source_fields import SourceFields

ConversationId = Annotated[str, Field(max_length=255)]


def _decoded(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("is not base64") from None


Base64 = Annotated[bytes, BeforeValidator(_decoded), Strict()]
"""Bytes, which JSON spells in base64."""


class Init(BaseModel):
    """Who it is, and what holds for all that follows. The conversation is gone on with by messages
    that name none."""

    type: Literal["init"]
    api_key: SecretStr | None = None
    user_id: UserId | None = None
    conversation_id: ConversationId | None = None
    model: ModelName | None = None
    client_info: Json = None


class Say(SourceFields):
    """A message in writing. One that is sent again with its `idempotency_key` is said once."""

    type: Literal["message"]
    message: MessageText
    conversation_id: ConversationId | None = None
    model: ModelName | None = None
    options: Sampling = Sampling()
    idempotency_key: Label | None = None


class Audio(BaseModel):
    """One whole utterance, to be answered in writing and aloud. Bare samples are of one channel."""

    type: Literal["audio"]
    audio_data: Base64
    format: Literal["wav", "webm", "ogg", "opus", "mp3", "flac", "m4a", "aac", "pcm16"] | None = (
        None
    )
    sample_rate: Annotated[int, Field(ge=4_000, le=192_000)] = 16_000
    stt_provider: Label | None = None
    tts_provider: Label | None = None
    tts_voice: Label | None = None
    tts_format: SoundForm = SoundForm.WAV
    language_code: LanguageCode | None = None
    model: ModelName | None = None
    conversation_id: ConversationId | None = None

    @property
    def raw(self) -> Raw | None:
        """How bare samples are to be read, None for a file."""
        return Raw(RawForm.PCM16, self.sample_rate) if self.format == "pcm16" else None


class Listen(BaseModel):
    """Listen all the time: binary frames of samples follow, of 16 bits, little-endian, one channel.
    `silence` is how many seconds of it end what is said."""

    type: Literal["listen"]
    sample_rate: Literal[16_000] = 16_000
    silence: Annotated[float, Field(ge=0.3, le=5.0)] = 0.5
    partials: bool = True
    stt_provider: Label | None = None
    tts_provider: Label | None = None
    tts_voice: Label | None = None
    language_code: LanguageCode | None = None
    model: ModelName | None = None
    conversation_id: ConversationId | None = None


class ListenStop(BaseModel):
    """Listen no more, and answer what was said until now."""

    type: Literal["listen_stop"]


class Played(BaseModel):
    """How much of the sound of an epoch the client has played."""

    type: Literal["played"]
    epoch: Annotated[int, Field(ge=0, le=2**31)]
    milliseconds: Annotated[float, Field(ge=0, le=86_400_000, allow_inf_nan=False)]


class Stop(BaseModel):
    """End all answers that are being made here."""

    type: Literal["stop"]


class Ping(BaseModel):
    type: Literal["ping"]


class Pong(BaseModel):
    """The answer to the server's `ping`. Nobody has to send it."""

    type: Literal["pong"]


Message = Init | Say | Audio | Listen | ListenStop | Played | Stop | Ping | Pong

_MESSAGES: TypeAdapter[Message] = TypeAdapter(Annotated[Message, Field(discriminator="type")])

_KNOWN = "init, message, audio, listen, listen_stop, played, stop, ping, pong"
_SHAPELESS = ("missing", "union_tag_invalid", "union_tag_not_found")


def read(text: str) -> Message:
    """Raises `Leave` for what is no message at all, and `InvalidInput` for one that says something
    which cannot be."""
    try:
        # Whatever a frame of text holds, it can be spelled in JSON.
        return _MESSAGES.validate_python(parse_json(text.encode(), "message"))
    except InvalidInput as error:
        raise Leave(Close.MALFORMED, "invalid_message", error.message) from None
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        # What comes before the first dot names the type.
        told: list[dict[str, Any]] = [{**each, "loc": each["loc"][1:]} for each in found]
        shapeless = [each for each in told if _is_shapeless(each["type"])]
        if not shapeless:
            raise InvalidInput(explain(told[0]), param=place_of(told[0])) from None
        raise Leave(Close.MALFORMED, "invalid_message", _shape(shapeless[0])) from None


def _is_shapeless(kind: str) -> bool:
    return kind in _SHAPELESS or kind.endswith("_type")


def _shape(detail: dict[str, Any]) -> str:
    if str(detail["type"]).startswith("union_tag") or not place_of(detail):
        return f"A message is a JSON object whose 'type' is one of: {_KNOWN}."
    return explain(detail)
