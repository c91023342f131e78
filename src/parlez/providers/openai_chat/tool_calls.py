"""Calls of tools, whole or in pieces."""

import secrets
from typing import Any

from parlez.core.events import ToolCalled
from parlez.providers.text import storable


def read_tool_calls(raw: Any) -> tuple[ToolCalled, ...]:
    """The calls of a whole answer."""
    pieces = ToolCallPieces()
    for index, call in enumerate(raw or ()):
        pieces.add({**call, "index": index})
    return pieces.finish()


class ToolCallPieces:
    """Puts calls together from the pieces of a stream, which name theirs by index."""

    def __init__(self) -> None:
        self._calls: dict[int, _Parts] = {}
        self._last = -1

    def add(self, piece: dict[str, Any]) -> None:
        """Take one piece: the first of a call has its id and name, all have some arguments."""
        index = piece.get("index")
        if type(index) is not int:
            # Some servers send whole calls without an index.
            index = self._last + 1 if piece.get("id") else max(self._last, 0)
        elif piece.get("id") and self._is_another(index, piece["id"]):
            # Ollama gave each of several whole calls the index 0:
            # https://github.com/ollama/ollama/issues/15457
            index = max(self._calls) + 1
        self._last = index
        parts = self._calls.setdefault(index, _Parts())
        function = piece.get("function") or {}
        parts.call_id = parts.call_id or piece.get("id") or ""
        parts.name = parts.name or function.get("name") or ""
        parts.arguments.append(function.get("arguments") or "")

    def _is_another(self, index: int, call_id: str) -> bool:
        return index in self._calls and self._calls[index].call_id not in ("", call_id)

    def finish(self) -> tuple[ToolCalled, ...]:
        """The whole calls, in the order of their indices. Raises `ValueError` if one is unfit."""
        return tuple(self._calls[index].whole() for index in sorted(self._calls))


class _Parts:
    def __init__(self) -> None:
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []

    def whole(self) -> ToolCalled:
        if not self.name:
            raise ValueError("a tool call without a name")
        return ToolCalled(
            # A result must name its call, and some local servers give it no id.
            call_id=storable(self.call_id) or f"call_{secrets.token_hex(12)}",
            name=storable(self.name),
            arguments=storable("".join(self.arguments)) or "{}",
        )
