"""The wire format of OpenAI's chat completions, which many vendors and local servers speak.

See https://platform.openai.com/docs/api-reference/chat
"""

from parlez.providers.openai_chat.completion import read_completion
from parlez.providers.openai_chat.request import write_request
from parlez.providers.openai_chat.stream import AnswerReader
from parlez.providers.wire_chat import WireChat, WireFormat

__all__ = ["OpenAIChat"]


class OpenAIChat(WireChat):
    """A chat model behind any server that speaks OpenAI's chat completions."""

    wire_format = WireFormat("/chat/completions", write_request, read_completion, AnswerReader)
