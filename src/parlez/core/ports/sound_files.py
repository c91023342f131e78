"""Files of sound."""

from collections.abc import AsyncGenerator, AsyncIterable
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO, Protocol

from parlez.core.sound import Sound


class RawForm(StrEnum):
    """Samples without a container, by how each is written."""

    PCM16 = "pcm16"
    MULAW = "mulaw"
    ALAW = "alaw"


@dataclass(frozen=True, slots=True)
class Raw:
    """How samples without a container are to be read."""

    form: RawForm = RawForm.PCM16
    rate: int = 16_000
    channels: int = 1


class SoundReader(Protocol):
    async def read(self, file: BinaryIO, name: str, raw: Raw | None = None) -> Sound:
        """What a file holds that was sent under a name, from where it stands: one channel, at
        `HEARING_RATE`. `raw` says what samples without a container are. Cancelling it ends it at
        once.

        Raises `InvalidInput` for what is empty, broken or cut off, `TooLarge` for what is too big
        or too long, `UnsupportedMedia` for what is no sound or not what its name says, and
        `ModelUnavailable` where files cannot be read.
        """
        ...


class SoundForm(StrEnum):
    """A kind of file that speech is sent as. `pcm` is samples without a container."""

    MP3 = "mp3"
    OPUS = "opus"
    AAC = "aac"
    FLAC = "flac"
    WAV = "wav"
    PCM = "pcm"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    SoundForm.MP3: "audio/mpeg",
    SoundForm.OPUS: "audio/ogg",
    SoundForm.AAC: "audio/aac",
    SoundForm.FLAC: "audio/flac",
    SoundForm.WAV: "audio/wav",
    SoundForm.PCM: "audio/pcm",
}


class SoundWriter(Protocol):
    def write(
        self, pieces: AsyncIterable[Sound], form: SoundForm, rate: int | None = None
    ) -> AsyncGenerator[bytes, None]:
        """A file of what comes, while it comes; all joined are one playable file. `rate` is the one
        wanted, in samples a second; without it that of the pieces is kept where the form can.
        Closing the generator ends it at once. Raises what the pieces raise, and `ModelUnavailable`
        where files of that form cannot be written."""
        ...
