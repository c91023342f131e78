"""What audio takes and gives.

See https://developers.openai.com/api/reference/resources/audio
"""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from parlez.core.ports.sound_files import SoundForm
from parlez.http.fields import Label, MessageText, Text


class TranscriptionFields(BaseModel):
    """The fields of a transcription beside its file."""

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    model: Annotated[Label, Field(examples=["whisper-1"])]
    language: Annotated[Text, Field(pattern="^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8})*$")] | None = None
    prompt: Annotated[Text, Field(max_length=4_000)] | None = None
    response_format: Literal["json", "text", "srt", "verbose_json", "vtt"] = "json"
    temperature: Annotated[float, Field(ge=0, le=1)] | None = Field(
        None, description="Taken, and left to the engine."
    )
    stream: bool | None = None
    timestamp_granularities: list[Literal["word", "segment"]] = Field(
        ["segment"], alias="timestamp_granularities[]"
    )


class DurationUsage(BaseModel):
    type: Literal["duration"] = "duration"
    seconds: int


class Transcription(BaseModel):
    text: str
    usage: DurationUsage


class TranscriptionSegment(BaseModel):
    """Of what the engine does not tell, the numbers say that nothing is wrong."""

    id: int
    seek: int
    start: float
    end: float
    text: str
    tokens: list[int]
    temperature: float
    avg_logprob: float
    compression_ratio: float
    no_speech_prob: float


class TranscriptionWord(BaseModel):
    word: str
    start: float
    end: float


class VerboseTranscription(BaseModel):
    task: Literal["transcribe"] = "transcribe"
    language: str
    duration: float
    text: str
    segments: list[TranscriptionSegment] | None = None
    words: list[TranscriptionWord] | None = None
    usage: DurationUsage


class CustomVoice(BaseModel):
    id: Label


class SpeechRequest(BaseModel):
    """A text to be said. `instructions` are taken, and left to the engine."""

    model_config = ConfigDict(extra="allow")

    model: Annotated[Label, Field(examples=["tts-1"])]
    input: Annotated[MessageText, Field(max_length=4_096, examples=["Hello!"])]
    voice: Annotated[Label | CustomVoice, Field(examples=["alloy"])]
    response_format: SoundForm = SoundForm.MP3
    speed: Annotated[float, Field(ge=0.25, le=4.0)] = 1.0
    instructions: Annotated[Text, Field(max_length=4_096)] | None = None
    stream_format: Literal["audio", "sse"] = "audio"

    @property
    def voice_id(self) -> str:
        return self.voice.id if isinstance(self.voice, CustomVoice) else self.voice
