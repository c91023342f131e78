"""Documents over HTTP."""

import asyncio
from typing import Any

import aiohttp
from tests.support import files
from tests.support.server import Answer, Running


async def upload(parlez: Running, name: str, data: bytes, **options: Any) -> Answer:
    form = aiohttp.FormData()
    form.add_field("file", data, filename=name)
    return await parlez.call("POST", "/api/documents", data=form, **options)


async def settled(parlez: Running, document_id: str) -> dict[str, Any]:
    """A document once it is ready or has failed."""
    async with asyncio.timeout(30):
        while True:
            answer = await parlez.call("GET", f"/api/documents/{document_id}")
            if answer.status != 200 or answer.body["state"] in ("ready", "failed"):
                return answer.body
            await asyncio.sleep(0.02)


async def test_a_pdf_is_read_and_found(parlez: Running) -> None:
    pages = [
        "The lighthouse of Brest was lit in 1902.\nIt has a keeper.",
        "Tax law is about money that states take.",
    ]
    made = await upload(parlez, "report.pdf", files.pdf(pages))
    assert made.status == 201, made.body
    ready = await settled(parlez, made.body["id"])
    assert (ready["state"], ready["pages"], ready["progress"]) == ("ready", 2, 1.0)
    for question, page in (("When was the lighthouse lit?", 1), ("What do states take?", 2)):
        found = await parlez.call("POST", "/api/documents/search", {"query": question})
        best = found.body["passages"][0]
        assert best["page"] == page
        print(best)
