"""A real browser: Debian's Chromium."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Browser, Page, async_playwright

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
]


@asynccontextmanager
async def browser(*arguments: str) -> AsyncIterator[Browser]:
    assert CHROMIUM.exists(), "Chromium is not installed"
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=[*ARGUMENTS, *arguments]
        )
        try:
            yield opened
        finally:
            await opened.close()


async def open_page(opened: Browser, url: str) -> tuple[Page, list[str]]:
    """A page, and what goes wrong on it."""
    context = await opened.new_context()
    context.set_default_timeout(20_000)
    page = await context.new_page()
    wrong: list[str] = []
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "request",
        lambda request: wrong.append(request.url) if "evil.example" in request.url else None,
    )
    await page.goto(url)
    return page, wrong
