"""Documents of a server that is measured: uploads, searches, answers."""

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import aiohttp


class Library:
    """`times` are the seconds that each search took."""

    def __init__(self, client: aiohttp.ClientSession, url: str):
        self._client = client
        self._url = url
        self.times: list[float] = []

    async def upload(self, name: str, content: bytes) -> str:
        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        async with self._client.post(f"{self._url}/api/documents", data=form) as answer:
            return str((await answer.json())["id"])

    async def until_ready(self, document_ids: Sequence[str]) -> None:
        """Raises `RuntimeError` if one of them failed."""
        for document_id in document_ids:
            while True:
                found = await self._get(f"/api/documents/{document_id}")
                if found["state"] == "ready":
                    break
                if found["state"] == "failed":
                    raise RuntimeError(found["reason"])
                await asyncio.sleep(0.2)

    async def search(self, query: str, documents: Sequence[str] | None = None) -> list[Any]:
        began = time.perf_counter()
        body = {"query": query, "limit": 10, "documents": documents}
        passages: list[Any] = (await self._post("/api/documents/search", body))["passages"]
        self.times.append(time.perf_counter() - began)
        return passages

    async def ask(
        self, question: str, documents: Sequence[str], model: str | None = None
    ) -> dict[str, Any]:
        """The answer to a question, from documents, which is kept short."""
        body = {"message": question, "documents": documents, "model": model, "max_tokens": 80}
        return await self._post("/api/chat", body)

    async def _get(self, path: str) -> dict[str, Any]:
        async with self._client.get(self._url + path) as answer:
            body: dict[str, Any] = await answer.json()
            return body

    async def _post(self, path: str, asked: object) -> dict[str, Any]:
        async with self._client.post(self._url + path, json=asked) as answer:
            body: dict[str, Any] = await answer.json()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {body}")
            return body
