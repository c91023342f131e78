"""A streamed answer, from the data of its events."""

import json
from typing import Any

from parlez.core.events import LoggedEvent, TextDelta, Usage
from parlez.core.ports.chat_model import Finished
from parlez.providers.errors import broken_off, not_understood
from parlez.providers.nonsense import NONSENSE
from parlez.providers.openai_chat.finish import read_finish_reason
from parlez.providers.openai_chat.in_answer import check_finish_reason, find_error, read_text
from parlez.providers.openai_chat.tool_calls import ToolCallPieces
from parlez.providers.openai_chat.usage import read_usage
from parlez.providers.text import TextJoiner
from parlez.providers.vendor import Vendor


class AnswerReader:
    """Turns chunks of one answer into events.

    See https://platform.openai.com/docs/api-reference/chat-streaming
    """

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._text = TextJoiner()
        self._tool_calls = ToolCallPieces()
        self._usage: Usage | None = None
        self._finish_reason: str | None = None
        self._done = False

    def is_done(self) -> bool:
        """Whether `[DONE]` has come."""
        return self._done

    @property
    def complete(self) -> bool:
        """Whether the whole answer has come, though its usage may be still to come."""
        return self._done or self._finish_reason is not None

    def read(self, data: bytes) -> str:
        """Take one event and return the text that can be said now, often none.

        Raises `ModelError` if the event is one, or makes no sense.
        """
        if data == b"[DONE]":
            self._done = True
            return ""
        try:
            chunk = json.loads(data)
            error = find_error(self._vendor, chunk)
            if error is None:
                return self._read_chunk(chunk)
        except NONSENSE as reason:
            raise not_understood(self._vendor) from reason
        raise error

    def finish(self) -> list[LoggedEvent | Finished]:
        """What is still to be said once the stream has ended: half a character that waited in
        vain, the tool calls, and `Finished`. Raises `ModelFailed` if the stream broke off."""
        if not self.complete:
            raise broken_off(self._vendor)
        try:
            tool_calls = self._tool_calls.finish()
        except NONSENSE as reason:
            raise not_understood(self._vendor) from reason
        rest = self._text.finish()
        events: list[LoggedEvent | Finished] = [TextDelta(rest)] if rest else []
        events += tool_calls
        finish_reason = read_finish_reason(self._finish_reason, called_tools=bool(tool_calls))
        return [*events, Finished(finish_reason, self._usage)]

    def _read_chunk(self, chunk: dict[str, Any]) -> str:
        # The chunk with the usage has no choices, and comes after the finish reason. Groq's own
        # place for it is older: https://console.groq.com/docs/api-reference#chat-create
        if usage := chunk.get("usage") or (chunk.get("x_groq") or {}).get("usage"):
            self._usage = read_usage(usage)
        choices = chunk.get("choices")
        if not choices:
            return ""
        choice = choices[0]
        check_finish_reason(self._vendor, choice.get("finish_reason"))
        self._finish_reason = choice.get("finish_reason") or self._finish_reason
        delta = choice.get("delta") or {}
        for piece in delta.get("tool_calls") or ():
            self._tool_calls.add(piece)
        text = read_text(delta.get("content")) or delta.get("refusal")
        return self._text.push(text) if text else ""
