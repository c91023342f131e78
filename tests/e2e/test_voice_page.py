"""The page to talk on, in a real browser that hears a made microphone."""

import asyncio
from pathlib import Path

import pytest
from tests.support.browser import browser, open_page
from tests.support.people import key_of
from tests.support.server import Running, run_server
from tests.support.sounds import SAID, recorded, resampled, silence, words_of
from tests.support.vendor import Reply, Vendor

from parlez.core.sound import Sound
from parlez.speech.files.wav import wav_of

ANSWER = "Seven yellow boxes go to the old station. They leave on Monday morning."


@pytest.fixture
def microphone(tmp_path: Path) -> list[str]:
    """What makes Chromium hear a question, once."""
    said = recorded()
    heard = Sound(silence(1.5).pcm + said.pcm + silence(30.0).pcm, said.rate)
    file = tmp_path / "question.wav"
    file.write_bytes(wav_of(resampled(heard, 48_000)))
    return [
        "--use-fake-ui-for-media-stream",
        "--use-fake-device-for-media-stream",
        f"--use-file-for-fake-audio-capture={file}%noloop",
        "--autoplay-policy=no-user-gesture-required",
    ]


@pytest.mark.timeout(120)
async def test_a_question_is_heard_and_answered_aloud(
    parlez: Running, vendor: Vendor, microphone: list[str]
) -> None:
    vendor.reply = lambda _: Reply([f"{word} " for word in ANSWER.split()])
    async with browser(*microphone) as opened:
        page, wrong = await open_page(opened, f"{parlez.url}/voice")
        page.set_default_timeout(60_000)
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        await page.get_by_role("button", name="Start talking").click()
        await page.locator("article.user:not(.partial)").wait_for()
        heard = await page.locator("article.user").inner_text()
        assert words_of(heard) == words_of(SAID)
        await page.locator("article.assistant", has_text="Monday morning").wait_for()
        while float(await page.locator("body").get_attribute("data-played") or 0) < 500:
            await asyncio.sleep(0.1)
        await page.get_by_text("I am listening").wait_for()
        await page.get_by_role("button", name="Stop talking").click()
        await page.get_by_role("button", name="Start talking").wait_for()
        assert wrong == []
    found = await parlez.call("GET", "/api/conversations")
    [conversation] = found.body["conversations"]
    messages = await parlez.call("GET", f"/api/conversation/{conversation['id']}/messages")
    assert [each["content"].strip() for each in messages.body["messages"]] == [heard, ANSWER]


@pytest.mark.timeout(120)
async def test_it_asks_for_a_key_where_one_is_needed(
    data_dir: Path, vendor: Vendor, microphone: list[str]
) -> None:
    async with run_server(
        data_dir, openai_api_key="sk-test", openai_base_url=vendor.url, local_owner=False
    ) as parlez:
        headers = await key_of(parlez, parlez.services.accounts.first)
        key = headers["Authorization"].removeprefix("Bearer ")
        async with browser(*microphone) as opened:
            page, wrong = await open_page(opened, f"{parlez.url}/voice")
            page.set_default_timeout(60_000)
            await page.get_by_role("button", name="Start talking").click()
            for sent in ("nonsense", key):
                await page.get_by_label("API key").fill(sent)
                await page.get_by_role("button", name="Let me in").click()
                if sent == "nonsense":
                    await page.get_by_role("alert").get_by_text("not valid").wait_for()
            await page.get_by_text("I am listening").wait_for()
            assert wrong == []
