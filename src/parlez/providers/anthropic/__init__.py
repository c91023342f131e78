"""The wire format of Anthropic's Messages API.

See https://platform.claude.com/docs/en/api/messages
"""

from parlez.providers.anthropic.completion import read_completion
from parlez.providers.anthropic.request import write_request
from parlez.providers.anthropic.stream import AnswerReader
from parlez.providers.wire_chat import WireChat, WireFormat

__all__ = ["AnthropicChat"]


class AnthropicChat(WireChat):
    """A chat model behind any server that speaks the Messages API."""

    wire_format = WireFormat("/v1/messages", write_request, read_completion, AnswerReader)
