"""The wire format of OpenAI's chat completions, which many vendors and local servers speak.

See https://platform.openai.com/docs/api-reference/chat
"""

from parlez.providers.openai_chat.client import OpenAIChat

__all__ = ["OpenAIChat"]
