"""A vendor on this machine, and an adapter that talks to it."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from tests.support.adapters import Asked, ask_as
from tests.support.wire_server import WireServer, serve_wire

from parlez.core.messages import Role
from parlez.core.ports.chat_model import ChatRequest, Prompt
from parlez.providers.anthropic import AnthropicChat
from parlez.providers.openai_chat import OpenAIChat
from parlez.providers.timeouts import Timeouts
from parlez.providers.vendor import Vendor

PATIENCE = Timeouts(silence=5, whole=5)

KEY = "sk-test-0123456789"


@pytest.fixture
async def server() -> AsyncIterator[WireServer]:
    async with serve_wire() as wire:
        yield wire


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as made:
        yield made


@pytest.fixture
def slept() -> list[float]:
    """The seconds that were waited between tries."""
    return []


@pytest.fixture
def make_chat(
    session: aiohttp.ClientSession, slept: list[float], server: WireServer
) -> Callable[..., OpenAIChat]:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    def make(timeouts: Timeouts = PATIENCE, **fields: Any) -> OpenAIChat:
        vendor = Vendor(
            **{
                "name": "openai",
                "display_name": "OpenAI",
                "base_url": server.base_url,
                "api_key": KEY,
                "key_setting": "OPENAI_API_KEY",
                "url_setting": "OPENAI_BASE_URL",
                **fields,
            }
        )
        return OpenAIChat(vendor, lambda: session, timeouts=timeouts, sleep=sleep)

    return make


@pytest.fixture
def chat(make_chat: Callable[..., OpenAIChat]) -> OpenAIChat:
    return make_chat()


@pytest.fixture
def make_anthropic(
    session: aiohttp.ClientSession, server: WireServer
) -> Callable[..., AnthropicChat]:
    def make(**fields: Any) -> AnthropicChat:
        vendor = Vendor("anthropic", "Anthropic", server.base_url, **fields)
        return AnthropicChat(vendor, lambda: session, timeouts=PATIENCE)

    return make


@pytest.fixture
def ask(
    session: aiohttp.ClientSession, slept: list[float], server: WireServer
) -> Callable[..., Asked]:
    """A model of the rows that come with Parlez, answered by `server`."""
    return lambda name, **more: ask_as(name, server, lambda: session, slept, **more)


@pytest.fixture
def question() -> ChatRequest:
    return ChatRequest("gpt-4o", [Prompt(Role.USER, "Say hello, secretly.")])
