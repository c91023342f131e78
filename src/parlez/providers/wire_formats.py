"""Which adapter speaks which wire format."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import aiohttp

from parlez.providers.anthropic import AnthropicChat
from parlez.providers.openai_chat import OpenAIChat
from parlez.providers.vendor import Vendor
from parlez.providers.wire_chat import WireChat

_ADAPTERS: Mapping[str, type[WireChat]] = MappingProxyType(
    {"openai_chat": OpenAIChat, "anthropic": AnthropicChat}
)


def new_chat(
    wire_format: str,
    vendor: Vendor,
    session: Callable[[], aiohttp.ClientSession],
    **options: Any,
) -> WireChat:
    """An adapter for a vendor that speaks this format; `options` are those of `WireChat`."""
    return _ADAPTERS[wire_format](vendor, session, **options)
