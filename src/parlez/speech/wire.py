"""Asking a vendor over HTTP, again where that may help, and reading what it sends."""

import asyncio
import random
import secrets
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from io import BytesIO

import aiohttp

from parlez.core.errors import ModelError, ModelFailed, ModelOverloaded
from parlez.core.sound import SAMPLE_BYTES
from parlez.speech import refusals
from parlez.speech.vendor import Vendor

MOST_ANSWER_BYTES = 128 * 1024 * 1024
MOST_ERROR_BYTES = 64 * 1024

CONNECT_SECONDS = 10.0
SILENCE_SECONDS = 60.0

NONSENSE = (ValueError, TypeError, KeyError, IndexError, AttributeError, RecursionError)
"""What reading an answer raises that is not in its format."""

_RETRIED = frozenset({429, 500, 502, 503, 504})
_BACKOFF = (0.25, 1.0)
_LONGEST_WAIT = 20.0
_BAD_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)

Session = Callable[[], aiohttp.ClientSession]
"""Gives the HTTP session to use, which its owner closes."""


class Wire:
    """What an engine needs of HTTP. Raises `ModelError` and nothing else."""

    def __init__(
        self,
        vendor: Vendor,
        session: Session,
        *,
        silence: float = SILENCE_SECONDS,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ):
        self._vendor = vendor
        self._session = session
        self._sleep = sleep
        self._timeout = aiohttp.ClientTimeout(
            total=None, connect=CONNECT_SECONDS, sock_read=silence
        )

    async def ask(self, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
        """The whole of an answer."""
        response = await self._post(path, headers, body)
        answer = bytearray()
        async for piece in self._pieces(response):
            answer += piece
        return bytes(answer)

    async def stream(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> AsyncGenerator[bytes, None]:
        """An answer of bare samples of 16 bits, as they come: whole ones alone."""
        response = await self._post(path, headers, body)
        if response.content_type.startswith(("text/", "application/json")):
            response.close()
            raise refusals.not_understood(self._vendor)
        held = b""
        async for piece in self._pieces(response):
            held += piece
            whole = len(held) // SAMPLE_BYTES * SAMPLE_BYTES
            if whole:
                yield held[:whole]
                held = held[whole:]

    async def _post(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> aiohttp.ClientResponse:
        """An answer whose status is a success. A request is sent again only while nothing of one
        has come."""
        if self._vendor.api_key and not _can_be_sent(self._vendor.api_key):
            raise refusals.unusable_key(self._vendor)
        tries = 0
        while True:
            answer, again = await self._try(path, headers, body)
            if not isinstance(answer, ModelError):
                return answer
            wait = answer.retry_after
            if wait is None:
                wait = _BACKOFF[min(tries, len(_BACKOFF) - 1)] * random.uniform(0.5, 1.0)
            if not again or tries == self._vendor.retries or wait > _LONGEST_WAIT:
                raise answer
            await self._sleep(wait)
            tries += 1

    async def _try(
        self, path: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[aiohttp.ClientResponse | ModelError, bool]:
        """A response or an error, and whether another try may help."""
        try:
            response = await self._session().post(
                self._vendor.base_url.rstrip("/") + path,
                # As a file: much at once would hold the event loop up.
                data=BytesIO(body),
                headers=headers,
                timeout=self._timeout,
                # A redirect would take the key and what was said elsewhere.
                allow_redirects=False,
            )
        except (TimeoutError, aiohttp.ClientError) as reason:
            again = not isinstance(reason, (TimeoutError, *_BAD_ADDRESS))
            return self._transport_error(reason), again
        if 200 <= response.status < 300:
            return response, False
        error = await self._refusal(response)
        passing = isinstance(error, ModelOverloaded | ModelFailed)
        return error, passing and response.status in _RETRIED

    async def _refusal(self, response: aiohttp.ClientResponse) -> ModelError:
        body = bytearray()
        try:
            while len(body) <= MOST_ERROR_BYTES and (piece := await response.content.readany()):
                body += piece
        except (TimeoutError, aiohttp.ClientError):
            # The status alone tells enough.
            body.clear()
        finally:
            response.close()
        return refusals.refusal(
            self._vendor, response.status, response.headers, bytes(body), time.time()
        )

    async def _pieces(self, response: aiohttp.ClientResponse) -> AsyncGenerator[bytes, None]:
        length = 0
        try:
            while piece := await response.content.readany():
                length += len(piece)
                if length > MOST_ANSWER_BYTES:
                    raise refusals.too_long(self._vendor)
                yield piece
        except (TimeoutError, aiohttp.ClientError) as reason:
            raise self._transport_error(reason) from reason
        finally:
            response.close()

    def _transport_error(self, reason: Exception) -> ModelError:
        if isinstance(reason, TimeoutError):
            return refusals.timed_out(self._vendor)
        if isinstance(reason, (aiohttp.ClientConnectorError, *_BAD_ADDRESS)):
            return refusals.unreachable(self._vendor)
        return refusals.broken_off(self._vendor)


def form_data(
    fields: Sequence[tuple[str, str]], name: str, filename: str, media_type: str, data: bytes
) -> tuple[str, bytes]:
    """A body of fields and one file, and its content type. See RFC 7578."""
    mark = secrets.token_hex(16)
    parts = [
        f'--{mark}\r\nContent-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'.encode()
        for field, value in fields
    ]
    head = (
        f'--{mark}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
        f"Content-Type: {media_type}\r\n\r\n"
    )
    body = b"".join([*parts, head.encode(), data, f"\r\n--{mark}--\r\n".encode()])
    return f"multipart/form-data; boundary={mark}", body


def _can_be_sent(key: str) -> bool:
    return key.isascii() and key.isprintable()
