"""A streamed answer, from the data of its events."""

import json
from typing import Any

from parlez.core.errors import ModelError
from parlez.core.events import LoggedEvent, TextDelta, ToolCalled
from parlez.core.ports.chat_model import Finished
from parlez.providers.anthropic.finish import read_stop_reason
from parlez.providers.anthropic.usage import UsageCount
from parlez.providers.errors import broken_off, not_understood, read_error_in_answer
from parlez.providers.nonsense import NONSENSE
from parlez.providers.text import TextJoiner, storable
from parlez.providers.vendor import Vendor


class AnswerReader:
    """Turns the events of one answer into ours. Types that are not known here, such as `ping` and
    the pieces of thoughts, are passed over, as the documentation asks.

    See https://platform.claude.com/docs/en/api/messages-streaming
    """

    def __init__(self, vendor: Vendor) -> None:
        self._vendor = vendor
        self._text = TextJoiner()
        self._calls: dict[int, _Call] = {}
        self._usage = UsageCount()
        self._stop_reason: str | None = None
        self._done = False

    def is_done(self) -> bool:
        """Whether `message_stop` has come."""
        return self._done

    @property
    def complete(self) -> bool:
        """Whether the whole answer has come."""
        return self._done or self._stop_reason is not None

    def read(self, data: bytes) -> str:
        """Take one event and return the text that can be said now, often none.

        Raises `ModelError` if the event is one, or makes no sense.
        """
        try:
            event = json.loads(data)
            error = self._error(event)
            if error is None:
                return self._read(event)
        except NONSENSE as reason:
            raise not_understood(self._vendor) from reason
        raise error

    def finish(self) -> list[LoggedEvent | Finished]:
        """What is still to be said once the stream has ended. Raises `ModelFailed` if it broke
        off."""
        if not self.complete:
            raise broken_off(self._vendor)
        rest = self._text.finish()
        text: list[LoggedEvent | Finished] = [TextDelta(rest)] if rest else []
        calls = [self._calls[index].whole() for index in sorted(self._calls)]
        finished = Finished(read_stop_reason(self._stop_reason), self._usage.total())
        return [*text, *calls, finished]

    def _error(self, event: dict[str, Any]) -> ModelError | None:
        if event["type"] != "error":
            return None
        return read_error_in_answer(self._vendor, event.get("error"))

    def _read(self, event: dict[str, Any]) -> str:
        match event["type"]:
            case "message_start":
                self._usage.add(event["message"].get("usage"))
            case "content_block_start" if event["content_block"]["type"] == "tool_use":
                self._calls[event["index"]] = _Call(event["content_block"])
            case "content_block_start" if event["content_block"]["type"] == "text":
                return self._text.push(event["content_block"].get("text") or "")
            case "content_block_delta":
                return self._read_delta(event["index"], event["delta"])
            case "message_delta":
                self._stop_reason = event["delta"].get("stop_reason") or self._stop_reason
                self._usage.add(event.get("usage"))
            case "message_stop":
                self._done = True
        return ""

    def _read_delta(self, index: int, delta: dict[str, Any]) -> str:
        if delta["type"] == "text_delta":
            return self._text.push(delta["text"])
        if delta["type"] == "input_json_delta" and index in self._calls:
            self._calls[index].add(delta["partial_json"])
        return ""


class _Call:
    """A call of a tool, whose arguments come in pieces of their JSON text."""

    def __init__(self, block: dict[str, Any]) -> None:
        self._id = storable(block["id"])
        self._name = storable(block["name"])
        self._given = block.get("input") or {}
        self._pieces: list[str] = []

    def add(self, piece: str) -> None:
        if not isinstance(piece, str):
            raise TypeError("arguments that are no text")
        self._pieces.append(piece)

    def whole(self) -> ToolCalled:
        written = "".join(self._pieces) or json.dumps(self._given, ensure_ascii=False)
        return ToolCalled(self._id, self._name, storable(written))
