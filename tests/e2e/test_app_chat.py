"""An app's chat in a real browser: as a page, within another's, and called by a page's script."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from tests.support import files
from tests.support.browser import browser, open_page
from tests.support.server import Running
from tests.support.uploads import ready_document
from tests.support.vendor import Reply, Vendor

QUESTION = "When was the lighthouse of Brest lit?"
ANSWER = "It was **lit** in 1902 [1]. <img src=x onerror=alert(1)> ![x](https://evil.example/x.png)"
PAGES = ["A tax is money that a state takes.", "The lighthouse of Brest was lit in 1902."]

FETCH = """async (url) => {
    const response = await fetch(url, {
        method: "POST",
        headers: {
            "Content-Type": "application/json",
            "x-vanusai-model": "gpt-4",
            "x-vanusai-sessionid": crypto.randomUUID(),
            "Accept": "text/event-stream",
        },
        body: JSON.stringify({ prompt: "Hi", stream: true }),
    });
    return [response.headers.get("Parlez-Turn-Id"), await response.text()];
}"""


@dataclass
class Shop:
    """A web site of somebody else's. `localhost` is among the app's origins, `127.0.0.1` is not."""

    port: int
    snippet: str = ""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def foreign(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@asynccontextmanager
async def shop() -> AsyncIterator[Shop]:
    async def home(_: web.Request) -> web.Response:
        html = f"<!doctype html><title>Shop</title><h1>Our shop</h1>{found.snippet}"
        return web.Response(text=html, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", home)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 0).start()
    found = Shop(runner.addresses[0][1])
    try:
        yield found
    finally:
        await runner.cleanup()


async def make_app(parlez: Running, **fields: Any) -> dict[str, Any]:
    made = await parlez.call("POST", "/api/apps", {"name": "Desk", "models": ["gpt-4"], **fields})
    assert made.status == 201, made.body
    body: dict[str, Any] = made.body
    return body


@pytest.mark.timeout(120)
async def test_the_widget_on_somebody_elses_page(parlez: Running, vendor: Vendor) -> None:
    vendor.reply = lambda _: Reply([f"{word} " for word in ANSWER.split(" ")])
    document_id = await ready_document(parlez, "report.pdf", files.pdf(PAGES))
    async with shop() as site, browser() as opened:
        app = await make_app(parlez, documents=[document_id], origins=[site.origin])
        site.snippet = app["snippet"]
        page, wrong = await open_page(opened, site.origin)
        button = page.get_by_role("button", name="Chat")
        await button.click()
        frame = page.frame_locator("iframe")
        await frame.get_by_label("Your message").fill(QUESTION)
        await frame.get_by_role("button", name="Send").click()
        await frame.get_by_text("report.pdf, page 2").click()
        await frame.locator("blockquote", has_text=PAGES[1]).wait_for()
        answer = frame.locator("article.assistant")
        assert await answer.locator("strong").inner_text() == "lit"
        assert await answer.locator("img").count() == 0
        assert await answer.locator("sup").inner_text() == "1"
        await frame.get_by_label("Close the chat").click()
        await page.locator("iframe").wait_for(state="hidden")
        await page.reload()
        await button.click()
        await frame.locator("article.user", has_text=QUESTION).wait_for()
        assert await page.context.cookies() == []
        assert wrong == []

        elsewhere, _ = await open_page(opened, site.foreign)
        await elsewhere.get_by_role("button", name="Chat").click()
        await elsewhere.wait_for_timeout(500)
        assert await elsewhere.frame_locator("iframe").get_by_label("Your message").count() == 0

        turn_id, told = await page.evaluate(FETCH, app["url"])
        assert turn_id
        assert '"more": false' in told
        with pytest.raises(Exception, match="Failed to fetch"):
            await elsewhere.evaluate(FETCH, app["url"])


@pytest.mark.timeout(120)
async def test_an_answer_survives_a_reload_and_can_be_stopped(
    parlez: Running, vendor: Vendor
) -> None:
    gate = asyncio.Event()
    vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
    app = await make_app(parlez)
    async with browser() as opened:
        page, wrong = await open_page(opened, app["chat_url"])
        await page.get_by_label("Your message").fill("Count")
        await page.keyboard.press("Enter")
        answer = page.locator("article.assistant").last
        await answer.get_by_text("one").wait_for()
        await page.reload()
        await answer.get_by_text("one").wait_for()
        gate.set()
        await answer.get_by_text("one two").wait_for()
        assert await page.locator("article").count() == 2

        gate.clear()
        await page.get_by_label("Your message").fill("Again")
        await page.keyboard.press("Enter")
        await page.locator("article.assistant").nth(1).get_by_text("one").wait_for()
        await page.get_by_role("button", name="Stop").click()
        await page.get_by_text("Stopped.").wait_for()

        assert (
            await parlez.call("PATCH", f"/api/apps/{app['id']}", {"paused": True})
        ).status == 200
        await page.get_by_label("Your message").fill("Hello?")
        await page.keyboard.press("Enter")
        await page.get_by_role("alert").get_by_text("paused").wait_for()
        assert await page.get_by_label("Your message").input_value() == "Hello?"
        assert wrong == []
