"""Whole conversations as files."""

from collections.abc import Callable, Mapping
from typing import Literal

from fastapi import Response

from parlez.api.platform import conversation_encode as encode
from parlez.api.platform.conversation_schemas import ExportResponse
from parlez.core.conversations import History
from parlez.core.messages import Message, Role
from parlez.http.times import iso_time

Form = Literal["json", "markdown", "text"]

_SPEAKERS = {Role.USER: "User", Role.ASSISTANT: "Assistant"}


def file(history: History, form: Form) -> Response:
    """A download. Its name says nothing of what is in it."""
    write, media_type, ending = _FORMS[form]
    name = f"conversation-{history.conversation.id}.{ending}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(write(history), headers=headers, media_type=media_type)


def _json(history: History) -> str:
    return ExportResponse(
        conversation=encode.conversation(history.conversation),
        messages=[encode.message(message) for message in history.messages],
    ).model_dump_json(indent=2)


def _markdown(history: History) -> str:
    parts = [f"# {encode.title(history.conversation)}"]
    parts += [
        f"**{_speaker(message)}** · {iso_time(message.created_at)}\n\n{message.content.strip()}"
        for message in history.messages
    ]
    return "\n\n".join(parts) + "\n"


def _text(history: History) -> str:
    parts = [encode.title(history.conversation)]
    parts += [
        f"{_speaker(message)} ({iso_time(message.created_at)}):\n{message.content.strip()}"
        for message in history.messages
    ]
    return "\n\n".join(parts) + "\n"


def _speaker(message: Message) -> str:
    return _SPEAKERS.get(message.role, str(message.role).title())


_FORMS: Mapping[Form, tuple[Callable[[History], str], str, str]] = {
    "json": (_json, "application/json", "json"),
    "markdown": (_markdown, "text/markdown", "md"),
    "text": (_text, "text/plain", "txt"),
}
