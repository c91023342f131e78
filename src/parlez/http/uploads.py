"""Files in a multipart body."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from parlez.core.errors import InvalidInput, UnsupportedMedia
from parlez.http.problems import explain, place_of

MOST_FILES = 100
MOST_FIELDS = 100

Fields = TypeVar("Fields", bound=BaseModel)


def one_file_body(name: str, fields: type[BaseModel] | None = None) -> dict[str, Any]:
    """How OpenAPI spells a body of one file, with other fields beside it. The body is read by hand:
    after who sent it is known."""
    others = fields.model_json_schema() if fields else {}
    schema = {
        "type": "object",
        "required": [name, *others.get("required", ())],
        "properties": {
            name: {"type": "string", "format": "binary"},
            **others.get("properties", {}),
        },
    }
    content = {"multipart/form-data": {"schema": schema}}
    return {"requestBody": {"required": True, "content": content}}


ONE_FILE = one_file_body("file")


@asynccontextmanager
async def form_of(request: Request) -> AsyncIterator[FormData]:
    """The fields of a body; its files lie on disk until the end of the context. Raises
    `UnsupportedMedia`, `InvalidInput`."""
    declared = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if declared != "multipart/form-data":
        raise UnsupportedMedia("Send the file as multipart/form-data.")
    try:
        form = await request.form(max_files=MOST_FILES, max_fields=MOST_FIELDS)
    except HTTPException:
        # The text of it may repeat what was sent.
        raise InvalidInput("The body is not multipart/form-data as it should be.") from None
    try:
        yield form
    finally:
        await form.close()


def one_file(form: FormData, field: str = "file") -> tuple[str, UploadFile]:
    """The file of a field, and its name. Raises `InvalidInput`."""
    files = form.getlist(field)
    if len(files) != 1 or not isinstance(files[0], UploadFile):
        raise InvalidInput(f"Send exactly one file, in the field '{field}'.", param=field)
    return files[0].filename or "", files[0]


def fields_of(form: FormData, kind: type[Fields]) -> Fields:
    """The fields of a body that are no files. An empty one counts as left out; those whose names
    end in [] are lists. Raises `InvalidInput`."""
    texts: dict[str, Any] = {}
    for name, value in form.multi_items():
        if not isinstance(value, str) or not value.strip():
            continue
        if name.endswith("[]"):
            texts.setdefault(name, []).append(value)
        else:
            texts[name] = value
    try:
        return kind.model_validate(texts)
    except ValidationError as error:
        found = error.errors()
        message = "; ".join(explain(detail) for detail in found)
        raise InvalidInput(message, param=place_of(found[0])) from None
