"""Files in a multipart body."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from parlez.core.errors import InvalidInput, UnsupportedMedia

MOST_FILES = 100
MOST_FIELDS = 100

ONE_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                }
            }
        },
    }
}
"""How OpenAPI spells a body of one file. The body is read by hand: after who sent it is known."""


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


def one_file(form: FormData) -> tuple[str, UploadFile]:
    """The file of the field `file`, and its name. Raises `InvalidInput`."""
    files = form.getlist("file")
    if len(files) != 1 or not isinstance(files[0], UploadFile):
        raise InvalidInput("Send exactly one file, in the field 'file'.")
    return files[0].filename or "", files[0]
