"""Files that end before they say they do, as far as their outermost parts tell."""

import struct

from parlez.speech.files.kinds import Kind

_OGG_HEAD = 27


def is_whole(data: bytes, kind: Kind) -> bool:
    """False only for what is certainly cut off."""
    if kind is Kind.OGG:
        return _ogg_is_whole(data)
    if kind is Kind.MP4:
        return _boxes_are_whole(data)
    return True


def _ogg_is_whole(data: bytes) -> bool:
    """Whether the last page is there to its end. See RFC 3533, section 6."""
    start = data.rfind(b"OggS")
    if start + _OGG_HEAD > len(data):
        return False
    segments = data[start + 26]
    table = data[start + _OGG_HEAD : start + _OGG_HEAD + segments]
    return len(table) == segments and start + _OGG_HEAD + segments + sum(table) <= len(data)


def _boxes_are_whole(data: bytes) -> bool:
    """Whether the last box is there to its end. See ISO/IEC 14496-12, section 4.2."""
    place = 0
    while place < len(data):
        if place + 8 > len(data):
            return False
        (size,) = struct.unpack_from(">I", data, place)
        if size == 1 and place + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, place + 8)
        if size == 0:
            return True
        if size < 8:
            return False
        place += size
    return place == len(data)
