"""A response as it is made: the events of a turn, in OpenAI's spelling and numbering.

See https://developers.openai.com/api/reference/resources/responses/streaming-events

The numbers follow from the turn's own and are the same whenever they are asked for: 0 and 1 begin,
2 and 3 open the message, its pieces have the numbers of their events in the log and two more, and
what closes the message, tells the calls of tools and ends follows from the turn itself.
"""

import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any

from parlez.api.openai import response_encode as encode
from parlez.api.openai.ids import message_id
from parlez.core.errors import InvalidInput, ParlezError
from parlez.core.events import Numbered, TextDelta, TurnEnded, TurnStarted
from parlez.core.following import Followed
from parlez.core.messages import State
from parlez.core.turns import EndedTurn, Turn
from parlez.http.event_stream import COMMENT, frame

_BEFORE_TEXT = 2
"""The events that begin; as many again open the message."""

NOTHING = -1
"""What a client that has no event yet has."""

_ENDS = {"completed": "completed", "failed": "failed"}


async def response_frames(
    events: Followed,
    turn: Turn,
    after: int,
    ended: Callable[[], Awaitable[EndedTurn]],
) -> AsyncGenerator[bytes, None]:
    """The events of a response with greater numbers than `after`, made from all events of its turn;
    `ended` tells how that ended.

    Raises `InvalidInput` before the first one, if the pieces behind that number are not kept any
    more. Any other error is told in the stream, under the number that the client has, so that it
    can come back with it.
    """
    last = after
    spelling = _Spelling(turn, after)
    try:
        async for numbered in events:
            if numbered is None:
                yield COMMENT
                continue
            is_end = isinstance(numbered.event, TurnEnded)
            spelled = spelling.end(await ended()) if is_end else spelling.of(numbered)
            for number, type_, fields in spelled:
                if number > after:
                    last = number
                    yield _frame(number, type_, fields)
    except ParlezError as error:
        if isinstance(error, InvalidInput) and last == after:
            raise
        fields = {"code": error.code, "message": error.message, "param": None}
        yield _frame(max(last, 0), "error", fields)


_Spelled = tuple[int, str, dict[str, Any]]
"""The number, the type and the fields of an event."""


class _Spelling:
    """Turns events into those of a response."""

    def __init__(self, turn: Turn, after: int):
        self._turn = turn
        self._after = after
        self._last = 1
        """The number of the last piece, as the turn has it; 1 is its start."""

    def of(self, numbered: Numbered) -> Iterator[_Spelled]:
        match numbered.event:
            case TurnStarted():
                running = replace(
                    self._turn, state=State.RUNNING, reason=None, error=None, usage=None
                )
                begun = {"response": encode.response(EndedTurn(running, ""))}
                yield 0, "response.created", begun
                yield 1, "response.in_progress", begun
            case TextDelta(text=text):
                yield from self._piece(numbered.number, text)

    def end(self, ended: EndedTurn) -> Iterator[_Spelled]:
        """What follows the last piece."""
        number = _BEFORE_TEXT
        if ended.text:
            number += ended.turn.log_end - len(ended.tool_calls) + 1
        whole = encode.response(ended)
        for place, item in enumerate(whole["output"]):
            closing = self._message_end if item["type"] == "message" else self._call
            for type_, fields in closing(item):
                yield number, type_, {**fields, "output_index": place}
                number += 1
        name = _ENDS.get(whole["status"], "incomplete")
        yield number, f"response.{name}", {"response": whole}

    def _piece(self, number: int, text: str) -> Iterator[_Spelled]:
        """A piece of text, which may stand for several that are not kept apart any more."""
        spelled = number + _BEFORE_TEXT
        if self._last + 1 + _BEFORE_TEXT <= self._after < spelled:
            raise InvalidInput(
                "The pieces of this response are not kept apart any more. Read it whole: leave "
                "'stream' out.",
                code="stream_expired",
                param="starting_after",
            )
        item_id = message_id(self._turn)
        part = {"item_id": item_id, "output_index": 0, "content_index": 0}
        if self._last == 1:
            item = encode.message(self._turn, [], "in_progress")
            yield 2, "response.output_item.added", {"output_index": 0, "item": item}
            yield 3, "response.content_part.added", {**part, "part": encode.text_part("")}
        self._last = number
        yield spelled, "response.output_text.delta", {**part, "delta": text, "logprobs": []}

    def _message_end(self, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        part = item["content"][0]
        where = {"item_id": item["id"], "content_index": 0}
        for place, annotation in enumerate(part["annotations"]):
            added = {"annotation_index": place, "annotation": annotation}
            yield "response.output_text.annotation.added", {**where, **added}
        yield "response.output_text.done", {**where, "text": part["text"], "logprobs": []}
        yield "response.content_part.done", {**where, "part": part}
        yield "response.output_item.done", {"item": item}

    def _call(self, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
        where, arguments = {"item_id": item["id"]}, item["arguments"]
        begun = {**item, "status": "in_progress", "arguments": ""}
        yield "response.output_item.added", {"item": begun}
        yield "response.function_call_arguments.delta", {**where, "delta": arguments}
        yield "response.function_call_arguments.done", {**where, "arguments": arguments}
        yield "response.output_item.done", {"item": item}


def _frame(number: int, type_: str, fields: dict[str, Any]) -> bytes:
    data = {"type": type_, "sequence_number": number, **fields}
    return frame(json.dumps(data, ensure_ascii=False), event=type_)
