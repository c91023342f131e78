"""Where an answer of status 200 holds an error, or text, in other places than OpenAI's."""

from typing import Any

from parlez.core.errors import ModelError
from parlez.providers.errors import broken_off, read_error_in_answer
from parlez.providers.openai_chat.numbered_errors import read_numbered_error
from parlez.providers.vendor import Vendor


def find_error(vendor: Vendor, answer: dict[str, Any]) -> ModelError | None:
    """The error in an answer, or in a chunk of one."""
    if error := answer.get("error"):
        return read_error_in_answer(vendor, error)
    # vLLM once sent, and Mistral sends, the fields of an error beside each other:
    # https://docs.mistral.ai/api
    if answer.get("object") == "error":
        return read_error_in_answer(vendor, answer)
    # Groq ends a stream that failed so: https://console.groq.com/docs/api-reference#chat-create
    groq = answer.get("x_groq")
    if isinstance(groq, dict) and groq.get("error"):
        return read_error_in_answer(vendor, groq["error"])
    if "error_code" in answer:
        return read_numbered_error(vendor, answer["error_code"])
    return None


def check_finish_reason(vendor: Vendor, raw: Any) -> None:
    """Raise `ModelFailed` for the reason that Mistral gives an answer that went wrong.

    See https://docs.mistral.ai/api/endpoint/chat
    """
    if raw == "error":
        raise broken_off(vendor)


def read_text(content: Any) -> str:
    """The text of a message. Mistral sends a list of parts where the model also thought:
    https://docs.mistral.ai/capabilities/reasoning"""
    if isinstance(content, list):
        return "".join(part["text"] for part in content if part["type"] == "text")
    if content is not None and not isinstance(content, str):
        raise TypeError("text that is none")
    return content or ""
