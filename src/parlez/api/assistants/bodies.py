"""Bodies in the three spellings that the dialect takes: JSON and both kinds of forms."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Generic, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile

from parlez.core.errors import InvalidInput, UnsupportedMedia
from parlez.http.json_route import parse_json
from parlez.http.uploads import MOST_FIELDS, form_of

FILES = "files"

_JSON = "application/json"
_URLENCODED = "application/x-www-form-urlencoded"
_MULTIPART = "multipart/form-data"

ModelT = TypeVar("ModelT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Sent(Generic[ModelT]):
    """A body, and the names and contents of the files that came with it."""

    fields: ModelT
    files: Sequence[tuple[str, BinaryIO]] = ()


def documented_body(model: type[BaseModel], *, files: bool = False) -> dict[str, Any]:
    """How OpenAPI spells a body that is read by hand: after who sent it is known."""
    schema = model.model_json_schema()
    with_files = {
        **schema,
        "properties": {
            **schema["properties"],
            FILES: {"type": "array", "items": {"type": "string", "format": "binary"}},
        },
    }
    content = {
        _JSON: {"schema": schema},
        _URLENCODED: {"schema": schema},
        _MULTIPART: {"schema": with_files if files else schema},
    }
    return {"requestBody": {"required": True, "content": content}}


@asynccontextmanager
async def sent(request: Request, model: type[ModelT]) -> AsyncIterator[Sent[ModelT]]:
    """The body of a request; its files lie on disk until the end of the context. Raises
    `UnsupportedMedia`, `InvalidInput`, and `RequestValidationError` for fields that cannot be
    used."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared == _MULTIPART:
        async with form_of(request) as form:
            fields, files = _split(form)
            yield Sent(_checked(model, fields), files)
    elif declared == _URLENCODED:
        yield Sent(_checked(model, _urlencoded(await request.body())))
    elif declared == _JSON or declared.endswith("+json"):
        yield Sent(_checked(model, _object(parse_json(await request.body()))))
    else:
        raise UnsupportedMedia(f"Send the body as {_JSON}, {_URLENCODED} or {_MULTIPART}.")


def _split(form: FormData) -> tuple[dict[str, Any], list[tuple[str, BinaryIO]]]:
    fields = {name: value for name, value in form.multi_items() if name != FILES}
    files: list[tuple[str, BinaryIO]] = []
    for value in form.getlist(FILES):
        if isinstance(value, UploadFile):
            # What a page's form sends where no file was chosen has no name and nothing in it.
            if value.filename or value.size:
                files.append((value.filename or "", value.file))
        elif value:
            raise _no_file()
    return fields, files


def _urlencoded(body: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            body.decode("utf-8"),
            keep_blank_values=True,
            errors="strict",
            max_num_fields=MOST_FIELDS,
        )
    except ValueError:
        raise InvalidInput(f"The body is not {_URLENCODED} in UTF-8.") from None
    return dict(pairs)


def _object(body: Any) -> Mapping[str, Any]:
    if not isinstance(body, dict):
        raise InvalidInput("The body is not a JSON object.")
    return body


def _checked(model: type[ModelT], fields: Mapping[str, Any]) -> ModelT:
    if fields.get(FILES):
        raise _no_file()
    try:
        return model.model_validate(dict(fields))
    except ValidationError as error:
        raise RequestValidationError(error.errors()) from None


def _no_file() -> InvalidInput:
    return InvalidInput(f"Send files as {_MULTIPART}, each with its name.", param=FILES)
