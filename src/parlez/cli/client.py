"""Calling a server."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

from parlez.cli.output import plain
from parlez.cli.server_access import Locate, Unreachable
from parlez.core.errors import InvalidInput, ParlezError, restore

_CONNECT_SECONDS = 5
# A stream that is alive says something every ten seconds.
_SILENCE_SECONDS = 30
# A whole answer may come as one line.
_LINE_BYTES = 4 * 1024 * 1024


class Client:
    """Calls one server, wherever it is at the moment."""

    def __init__(self, locate: Locate, http: aiohttp.ClientSession):
        self._locate = locate
        self._http = http
        self.has_answered = False
        """Whether there was any answer yet."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls, locate: Locate, silence_seconds: float = _SILENCE_SECONDS
    ) -> AsyncIterator[Self]:
        """`silence_seconds` is how long a server may say nothing."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=_CONNECT_SECONDS, sock_read=silence_seconds
        )
        async with aiohttp.ClientSession(timeout=timeout, read_bufsize=_LINE_BYTES) as http:
            yield cls(locate, http)

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        """The JSON of an answer. Raises as `request` does."""
        async with self.request(method, path, body=body) as response:
            return await response.json()

    @asynccontextmanager
    async def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        form: aiohttp.FormData | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """A successful answer, to be read within the block.

        Raises the server's own error, or `Unreachable`, also while the answer is read.
        """
        address = self._locate()
        sent = dict(headers or {})
        if address.credential:
            sent["Authorization"] = f"Bearer {address.credential}"
        try:
            async with self._http.request(
                # The credential is for this address and not for wherever it might point to.
                method,
                address.url + path,
                json=body,
                data=form,
                headers=sent,
                allow_redirects=False,
            ) as response:
                self.has_answered = True
                if not response.ok or response.status in range(300, 400):
                    raise await _refusal(response)
                yield response
        except (aiohttp.ClientError, TimeoutError) as error:
            why = str(error) or "it said nothing for too long"
            raise Unreachable(f"{address.url} does not answer: {plain(why)}.") from None


async def _refusal(response: aiohttp.ClientResponse) -> ParlezError:
    """The error in an answer, in whichever of the dialects' forms."""
    try:
        body = await response.json()
        found = body.get("error", body)
        if "code" not in found and all(isinstance(said, list) for said in found.values()):
            # What is wrong with each field of a form.
            said = "; ".join(f"{name}: {', '.join(what)}" for name, what in found.items())
            return InvalidInput(plain(said))
        return restore(found["code"], plain(found.get("message") or found["detail"]))
    except (ValueError, TypeError, KeyError, AttributeError, aiohttp.ContentTypeError):
        return ParlezError(
            f"{response.url.origin()} answered {response.status} and not as Parlez does."
        )
