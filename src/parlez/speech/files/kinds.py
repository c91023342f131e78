"""What a file of sound is, whatever it is called."""

from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from parlez.core.errors import InvalidInput, UnsupportedMedia

BROKEN = "broken_audio"
CUT_OFF = "truncated_audio"
EMPTY = "empty_audio"
MISLABELLED = "mislabelled_audio"
NO_SOUND = "no_audio"
TOO_LONG = "audio_too_long"
UNKNOWN_KIND = "unknown_audio"


@dataclass(frozen=True, slots=True)
class KindOfSound:
    """`demuxer` is what FFmpeg calls what reads it."""

    title: str
    endings: tuple[str, ...]
    demuxer: str


class Kind(Enum):
    WAV = KindOfSound("WAV file", (".wav", ".wave"), "wav")
    MP3 = KindOfSound("MP3 file", (".mp3", ".mpga"), "mp3")
    OGG = KindOfSound("Ogg file", (".ogg", ".oga", ".opus"), "ogg")
    WEBM = KindOfSound("WebM file", (".webm", ".weba", ".mka", ".mkv"), "matroska")
    FLAC = KindOfSound("FLAC file", (".flac",), "flac")
    MP4 = KindOfSound("MPEG-4 file", (".m4a", ".mp4", ".m4b"), "mov")
    AAC = KindOfSound("AAC file", (".aac",), "aac")


_TAKEN = "WAV, MP3, Ogg or Opus, WebM, FLAC, M4A and AAC"


def kind_of(data: bytes, name: str) -> Kind:
    """Raises `InvalidInput` for an empty file, and `UnsupportedMedia` for one that is not what its
    name says, or is nothing that is heard."""
    if not data:
        raise InvalidInput("The file is empty.", code=EMPTY)
    named, found = _named(name), _found(data)
    if found is None and named is not None:
        raise UnsupportedMedia(
            f"The file is called {_ending(name)} and is no {named.value.title}.", code=MISLABELLED
        )
    if found is None:
        raise UnsupportedMedia(
            f"Files of this kind cannot be heard. What can: {_TAKEN}.", code=UNKNOWN_KIND
        )
    if named is not None and found is not named:
        raise UnsupportedMedia(
            f"The file is called {_ending(name)} and is a {found.value.title}.", code=MISLABELLED
        )
    return found


def _ending(name: str) -> str:
    return PurePath(name).suffix.lower()


def _named(name: str) -> Kind | None:
    ending = _ending(name)
    return next((kind for kind in Kind if ending in kind.value.endings), None)


def _found(data: bytes) -> Kind | None:
    marks = {
        b"OggS": Kind.OGG,
        b"\x1aE\xdf\xa3": Kind.WEBM,
        b"fLaC": Kind.FLAC,
    }
    if kind := marks.get(data[:4]):
        return kind
    if data[:4] in (b"RIFF", b"RF64") and data[8:12] == b"WAVE":
        return Kind.WAV
    if data[4:8] == b"ftyp":
        return Kind.MP4
    return _mpeg(data)


def _mpeg(data: bytes) -> Kind | None:
    """What begins with a frame of MPEG sound, or with tags that only such files have."""
    if data[:3] == b"ID3":
        return Kind.MP3
    if len(data) < 3 or data[0] != 0xFF or data[1] & 0xE0 != 0xE0:
        return None
    if data[1] & 0xF6 == 0xF0:
        return Kind.AAC
    # Neither a reserved version or layer, nor a reserved rate, is that of any file.
    good = data[1] & 0x18 != 0x08 and data[1] & 0x06 and data[2] & 0xF0 != 0xF0
    return Kind.MP3 if good and data[2] & 0x0C != 0x0C else None
