"""What goes between the server and a process of an engine: a line of JSON, and as many bytes after
it as its `size` says."""

import asyncio
import json
from typing import Any, BinaryIO

LONGEST_HEAD = 4 * 1024 * 1024

Frame = tuple[dict[str, Any], bytes]


def pack(head: dict[str, Any], payload: bytes = b"") -> bytes:
    return json.dumps({**head, "size": len(payload)}).encode("ascii") + b"\n" + payload


def read(stream: BinaryIO) -> Frame | None:
    """None at the end of the stream."""
    line = stream.readline()
    if not line:
        return None
    head = json.loads(line)
    return head, stream.read(head["size"])


async def receive(stream: asyncio.StreamReader) -> Frame | None:
    """None at the end of the stream, wherever in a frame that comes."""
    try:
        head = json.loads(await stream.readuntil(b"\n"))
        return head, await stream.readexactly(head["size"])
    except asyncio.IncompleteReadError:
        return None
