"""WAV files, as far as they can be had without a decoder.

See http://soundfile.sapp.org/doc/WaveFormat/
"""

import struct

from parlez.core.errors import InvalidInput
from parlez.core.sound import HEARING_RATE, SAMPLE_BYTES, Sound
from parlez.speech.files.kinds import BROKEN, CUT_OFF

_PCM = 1
_NOBODY_KNOWS = 0xFFFF_0000
"""Sizes from here on are those of a stream whose end was not known."""


def plain_wav(data: bytes) -> Sound | None:
    """What a WAV file holds, None if it must be converted. Raises `InvalidInput` for one that is
    broken or cut off."""
    plain, place = False, 12
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        place += 8
        if name == b"data":
            pcm = data[place:] if size >= _NOBODY_KNOWS else data[place : place + size]
            if len(pcm) < size < _NOBODY_KNOWS:
                raise InvalidInput("The file is cut off: it holds less than it says.", code=CUT_OFF)
            return Sound(pcm[: len(pcm) // 2 * 2], HEARING_RATE) if plain else None
        if name == b"fmt " and size >= 16 and place + 16 <= len(data):
            told = struct.unpack_from("<HHIIHH", data, place)
            plain = told[:3] == (_PCM, 1, HEARING_RATE) and told[5] == 8 * SAMPLE_BYTES
        place += size + size % 2
    raise InvalidInput("The file is damaged: no sound is found in it.", code=BROKEN)


def samples_of(data: bytes) -> bytes:
    """The samples of a WAV file whose form is known. Raises `ValueError` for what is none."""
    place = 12
    if data[:4] != b"RIFF" or data[8:12] != b"WAVE":
        raise ValueError("no WAV file")
    while place + 8 <= len(data):
        name, size = struct.unpack_from("<4sI", data, place)
        if name == b"data":
            pcm = data[place + 8 : place + 8 + size]
            return pcm[: len(pcm) // 2 * 2]
        place += 8 + size + size % 2
    raise ValueError("no samples")


def wav_head(rate: int, pcm_bytes: int | None = None) -> bytes:
    """What stands before the samples of a WAV file; without their number it is that of a stream."""
    known = pcm_bytes is not None
    size = pcm_bytes if pcm_bytes is not None else 0xFFFF_FFFF
    return struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        size + 36 if known else size,
        b"WAVE",
        b"fmt ",
        16,
        _PCM,
        1,
        rate,
        rate * SAMPLE_BYTES,
        SAMPLE_BYTES,
        8 * SAMPLE_BYTES,
        b"data",
        size,
    )


def wav_of(sound: Sound) -> bytes:
    return wav_head(sound.rate, len(sound.pcm)) + sound.pcm
