"""Uploading through the door."""

import asyncio
from typing import Any

import aiohttp
from tests.support.server import Answer, Running


async def upload(
    parlez: Running, name: str, data: bytes, headers: dict[str, str] | None = None
) -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", data, filename=name)
    return await parlez.call("POST", "/api/documents", data=form, headers=headers)


async def settled(
    parlez: Running, document_id: str, headers: dict[str, str] | None = None
) -> dict[str, Any]:
    """A document once it is ready or has failed."""
    async with asyncio.timeout(30):
        while True:
            answer = await parlez.call("GET", f"/api/documents/{document_id}", headers=headers)
            assert answer.status == 200, answer.body
            body: dict[str, Any] = answer.body
            if body["state"] in ("ready", "failed"):
                return body
            await asyncio.sleep(0.02)


async def ready_document(parlez: Running, name: str, data: bytes) -> str:
    """The id of a document that can be found."""
    made = await upload(parlez, name, data)
    ready = await settled(parlez, made.body["id"])
    assert ready["state"] == "ready", ready
    return str(ready["id"])


async def document_of(parlez: Running, headers: dict[str, str]) -> str:
    """The id of a document of whoever sends these headers, read to its end."""
    made = await upload(parlez, "a.txt", b"Some text.", headers)
    await settled(parlez, made.body["id"], headers)
    return str(made.body["id"])


async def assistant_of(
    parlez: Running,
    headers: dict[str, str],
    called: str = "a",
    file: str = "a.txt",
    data: bytes = b"Some text.",
) -> dict[str, Any]:
    """An assistant of whoever sends these headers; its file is that of `document_of`, unless it is
    told another."""
    form = aiohttp.FormData({"name": called, "company_name": "", "instructions": "Be brief."})
    form.add_field("files", data, filename=file)
    made = await parlez.call("POST", "/api/v1/assistants", data=form, headers=headers)
    assert made.status == 201, made.body
    body: dict[str, Any] = made.body
    return body
