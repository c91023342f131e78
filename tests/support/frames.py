"""Frames of a WebSocket, right and wrong: https://www.rfc-editor.org/rfc/rfc6455#section-5.2"""

import asyncio
import json
import os
import struct
from base64 import b64encode
from urllib.parse import urlsplit

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.sockets import PATIENCE, World, main_port, own_port

TYPES = (
    *("init", "message", "audio", "listen", "listen_stop", "played"),
    *("stop", "ping", "pong", "dance"),
)
FIELDS = (
    *("message", "audio_data", "conversation_id", "model", "options", "epoch", "milliseconds"),
    *("format", "user_id", "silence", "tts_provider", "idempotency_key", "documents"),
)

_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=20)
    | st.sampled_from(["conv_" + "0" * 32, "UklGRg==", "pcm16", "\0", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=5,
)

messages = st.builds(
    lambda kind, fields: json.dumps({"type": kind, **fields}).encode(),
    st.sampled_from(TYPES),
    st.dictionaries(st.sampled_from(FIELDS), _VALUES, max_size=4),
)
"""Messages of known and unknown types, most of which say what cannot be."""


def frame(payload: bytes, opcode: int, *, fin: bool = True, masked: bool = True) -> bytes:
    head = bytes([(0x80 if fin else 0) | opcode])
    flag = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += bytes([flag | size])
    elif size < 2**16:
        head += bytes([flag | 126]) + struct.pack(">H", size)
    else:
        head += bytes([flag | 127]) + struct.pack(">Q", size)
    # A mask of nothing but zeros leaves the payload as it is.
    return head + (bytes(4) if masked else b"") + payload


_good = st.builds(
    frame,
    messages | st.binary(max_size=200),
    st.sampled_from([1, 1, 1, 2, 9, 10]),
)
_odd = st.builds(
    frame,
    messages | st.binary(max_size=200),
    st.integers(0, 15),
    fin=st.booleans(),
    masked=st.booleans(),
)
_huge = st.builds(
    lambda size: bytes([0x81, 0xFF]) + struct.pack(">Q", size), st.integers(2**25, 2**63)
)
frames = st.one_of(_good, _good, _good, _odd, st.binary(max_size=50), _huge)
"""Bytes that are frames, nearly so, or nothing of the kind."""


async def throw(url: str, thrown: list[bytes], *, cut: int, reads: bool) -> None:
    """Shake hands, send frames, the last of them cut off, and leave; one who does not read does not
    look at any answer."""
    place = urlsplit(url)
    reader, writer = await asyncio.open_connection(place.hostname, place.port)
    try:
        key = b64encode(os.urandom(16)).decode()
        asked = (
            f"GET {place.path or '/'} HTTP/1.1\r\nHost: {place.netloc}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        writer.write(asked.encode())
        assert b" 101 " in await reader.readuntil(b"\r\n\r\n")
        data = b"".join(thrown)
        writer.write(data[: len(data) - cut] if cut else data)
        await writer.drain()
        if reads:
            writer.write_eof()
            await reader.read(1_000_000)
    except ConnectionError:
        # It has been thrown out meanwhile.
        pass
    finally:
        writer.close()


INIT = frame(b'{"type": "init", "user_id": "thrower"}', 1)


async def all_gone(world: World, tasks: int, bystanders: int = 0) -> None:
    """Until nothing is left of those who threw."""
    async with asyncio.timeout(PATIENCE):
        while len(world.parlez.services.sockets) > bystanders or len(asyncio.all_tasks()) > tasks:
            await asyncio.sleep(0.01)


async def pelt(world: World, rounds: int) -> int:
    """Throw what hypothesis thinks of, from several clients at once; how many frames."""
    batches: list[tuple[list[bytes], int, bool]] = []

    @settings(
        max_examples=rounds,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        st.lists(frames, min_size=1, max_size=20),
        st.integers(0, 10),
        st.booleans(),
        st.booleans(),
    )
    def think(thrown: list[bytes], cut: int, reads: bool, known: bool) -> None:
        batches.append(([INIT, *thrown] if known else thrown, cut, reads))

    think()
    for place in range(0, len(batches), 10):
        ports = (main_port(world.parlez), own_port(world.parlez))
        await asyncio.gather(
            *(
                throw(ports[number % 2], thrown, cut=cut, reads=reads)
                for number, (thrown, cut, reads) in enumerate(batches[place : place + 10])
            )
        )
    return sum(len(thrown) for thrown, _, _ in batches)
