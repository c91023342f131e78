"""The page on which an assistant is tried, in a real browser."""

import asyncio
from pathlib import Path

import pytest
from tests.support import files
from tests.support.browser import browser, open_page
from tests.support.people import PASSWORD, owner
from tests.support.server import Running, run_server
from tests.support.uploads import assistant_of, settled
from tests.support.vendor import Reply, Vendor

QUESTION = "When was the lighthouse of Brest lit?"
PAGES = ["A tax is money that a state takes.", "The lighthouse of Brest was lit in 1902."]


async def make_guide(parlez: Running, headers: dict[str, str]) -> str:
    """The address of the page of an assistant whose file has been read."""
    made = await assistant_of(parlez, headers, "Guide", "report.pdf", files.pdf(PAGES))
    await settled(parlez, made["files"][0]["id"], headers)
    return f"{parlez.url}/assistants/{made['id']}/try"


@pytest.mark.timeout(120)
async def test_an_answer_shows_its_place_and_survives_a_reload(
    parlez: Running, vendor: Vendor
) -> None:
    said = ["It was ", "lit in ", "1902 [1]."]
    vendor.reply = lambda _: Reply(said)
    url = await make_guide(parlez, {})
    async with browser() as opened:
        page, wrong = await open_page(opened, url)
        await page.get_by_text("1 file, ready").click()
        await page.get_by_text("report.pdf").wait_for()
        await page.get_by_label("Your message").fill(QUESTION)
        await page.keyboard.press("Enter")
        for _ in "again":
            source = page.get_by_text("report.pdf, page 2")
            await source.click()
            await page.locator("blockquote", has_text=PAGES[1]).wait_for()
            answer = page.locator("article.assistant")
            assert await answer.locator("p").first.inner_text() == "It was lit in 1902.1"
            await page.reload()
        gate = asyncio.Event()
        vendor.reply = lambda _: Reply(["one ", "two"], gate=gate)
        await page.get_by_label("Your message").fill(QUESTION)
        await page.get_by_role("button", name="Send").click()
        await answer.last.get_by_text("one").wait_for()
        await page.get_by_role("button", name="Stop").click()
        await page.get_by_text("Stopped.").wait_for()
        gate.set()
        await page.get_by_role("button", name="New").click()
        await page.get_by_text("Ask something").wait_for()
        await page.goto(url.replace("/1/", "/7/"))
        await page.get_by_role("alert").get_by_text("There is no such assistant").wait_for()
        assert wrong == []


@pytest.mark.timeout(120)
async def test_who_is_not_signed_in_signs_in(data_dir: Path, vendor: Vendor) -> None:
    async with run_server(
        data_dir, openai_api_key="sk-test", openai_base_url=vendor.url, local_owner=False
    ) as parlez:
        ada = await owner(parlez)
        url = await make_guide(parlez, ada.headers)
        async with browser() as opened:
            page, wrong = await open_page(opened, url)
            for password in ("a long but wrong one", PASSWORD):
                await page.get_by_label("Username").fill("ada")
                await page.get_by_label("Password").fill(password)
                await page.get_by_role("button", name="Sign in").click()
                if password != PASSWORD:
                    await page.get_by_role("alert").get_by_text("wrong").wait_for()
            await page.get_by_label("Your message").fill("Hello!")
            await page.keyboard.press("Enter")
            await page.get_by_text("You said: Hello!").wait_for()
            assert wrong == []
