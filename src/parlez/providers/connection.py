"""Asking a vendor, again where that may help, and reading what it sends."""

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp

from parlez.core.errors import ModelError, ModelFailed, ModelOverloaded
from parlez.providers import errors
from parlez.providers.timeouts import Timeouts
from parlez.providers.vendor import Vendor

MAX_ANSWER_BYTES = 32 * 1024 * 1024
MAX_ERROR_BYTES = 64 * 1024

_BAD_ADDRESS = (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError)
_RETRIED = frozenset({429, 498, 500, 502, 503, 504, 529})
_BACKOFF = (0.25, 1.0)
_LONGEST_WAIT = 20.0
_LAST_BYTES_WAIT = 0.05


class Connection:
    """What a chat model needs of HTTP. Raises `ModelError` and nothing else.

    `path` follows the vendor's address, and may have `{model}` in it.
    """

    def __init__(
        self,
        vendor: Vendor,
        session: Callable[[], aiohttp.ClientSession],
        timeouts: Timeouts,
        sleep: Callable[[float], Awaitable[None]],
        path: str,
    ) -> None:
        self._vendor = vendor
        self._session = session
        self._sleep = sleep
        self._url = vendor.base_url.rstrip("/") + path
        self._query = f"?{urlencode(vendor.query)}" if vendor.query else ""
        self._whole_timeout = timeouts.for_whole_answer()
        self._stream_timeout = timeouts.for_stream()

    async def ask(self, body: dict[str, Any], *, stream: bool) -> aiohttp.ClientResponse:
        """The response to a request, its status a success. The caller closes it.

        A request is sent again only while nothing of an answer has come.
        """
        data = json.dumps(body).encode()
        url = self._url.replace("{model}", quote(body["model"], safe="")) + self._query
        headers = self._headers(stream=stream)
        tries = 0
        while True:
            answer, again = await self._try(url, data, headers, stream=stream)
            if not isinstance(answer, ModelError):
                return answer
            wait = _wait(answer, tries)
            if not again or tries == self._vendor.retries or wait > _LONGEST_WAIT:
                raise answer
            await self._sleep(wait)
            tries += 1

    def pieces(self, response: aiohttp.ClientResponse) -> "Pieces":
        """The body of a response."""
        return Pieces(self._vendor, response)

    async def _try(
        self, url: str, data: bytes, headers: dict[str, str], *, stream: bool
    ) -> tuple[aiohttp.ClientResponse | ModelError, bool]:
        """A response or an error, and whether another try may help."""
        try:
            response = await self._session().post(
                url,
                data=data,
                headers=headers,
                timeout=self._stream_timeout if stream else self._whole_timeout,
                # A redirect would take the key and the conversation elsewhere.
                allow_redirects=False,
            )
        except (TimeoutError, aiohttp.ClientError) as reason:
            again = not isinstance(reason, (TimeoutError, *_BAD_ADDRESS))
            return _transport_error(self._vendor, reason), again
        if 200 <= response.status < 300:
            return response, False
        error = await self._read_refusal(response)
        # An account without credit is refused with 429 as well, and waiting does not fill it.
        passing = isinstance(error, ModelOverloaded | ModelFailed)
        return error, passing and response.status in _RETRIED

    async def _read_refusal(self, response: aiohttp.ClientResponse) -> ModelError:
        body = bytearray()
        try:
            while len(body) <= MAX_ERROR_BYTES and (piece := await response.content.readany()):
                body += piece
        except (TimeoutError, aiohttp.ClientError):
            # The status alone tells enough.
            body.clear()
        finally:
            response.close()
        return errors.read_refusal(
            self._vendor, response.status, response.headers, bytes(body), time.time()
        )

    def _headers(self, *, stream: bool) -> dict[str, str]:
        headers = {
            "Content-Type": "application/json",
            "Accept": "text/event-stream" if stream else "application/json",
            **self._vendor.headers,
        }
        if key := self._vendor.api_key:
            if not (key.isascii() and key.isprintable()):
                raise errors.unusable_key(self._vendor)
            plain = self._vendor.key_header != "authorization"
            headers[self._vendor.key_header] = key if plain else f"Bearer {key}"
        if not self._vendor.keep_alive:
            headers["Connection"] = "close"
        return headers


class Pieces:
    """The body of one response, as it comes and no longer than `MAX_ANSWER_BYTES`."""

    def __init__(self, vendor: Vendor, response: aiohttp.ClientResponse) -> None:
        self._vendor = vendor
        self._content = response.content
        self._length = 0

    async def read(self, *, optional: bool = False) -> bytes:
        """The next piece, empty at the end. What is `optional` may end in any way."""
        try:
            piece = await self._content.readany()
        except (TimeoutError, aiohttp.ClientError) as reason:
            if optional:
                return b""
            raise _transport_error(self._vendor, reason) from reason
        self._length += len(piece)
        if self._length > MAX_ANSWER_BYTES:
            raise errors.too_long(self._vendor)
        return piece

    async def reach_end(self) -> None:
        """Read the few bytes that end a response, without which its connection cannot be used
        again. A vendor that keeps it open is not waited for."""
        try:
            async with asyncio.timeout(_LAST_BYTES_WAIT):
                while await self._content.readany():
                    pass
        except (TimeoutError, aiohttp.ClientError):
            return


def _transport_error(vendor: Vendor, reason: TimeoutError | aiohttp.ClientError) -> ModelError:
    if isinstance(reason, TimeoutError):
        return errors.timed_out(vendor)
    if isinstance(reason, (aiohttp.ClientConnectorError, *_BAD_ADDRESS)):
        return errors.unreachable(vendor)
    return errors.broken_off(vendor)


def _wait(error: ModelError, tries: int) -> float:
    """Seconds until the next try: as the vendor says, else a growing time that differs, so that
    callers who failed together do not come back together."""
    if error.retry_after is not None:
        return error.retry_after
    return _BACKOFF[min(tries, len(_BACKOFF) - 1)] * random.uniform(0.5, 1.0)
