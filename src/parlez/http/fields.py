"""Kinds of text that dialects take, and ids as they show them."""

import json
import re
import uuid
from typing import Annotated, Any

from pydantic import AfterValidator, AwareDatetime, BeforeValidator, StringConstraints

from parlez.core.errors import NotFound


def _can_be_kept(text: str) -> str:
    # No database but SQLite keeps it, and no model reads it.
    if "\0" in text:
        raise ValueError("may not hold the character U+0000")
    # JSON can spell half a character.
    if not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text):
        raise ValueError("may not hold unpaired surrogates")
    return text


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("may not be empty")
    return text


def _no_number(text: str) -> str:
    # Pydantic takes seconds since 1970 as well, which nobody documents.
    if re.fullmatch(r"[-+.\deE]*", text):
        raise ValueError("must be a time, like 2026-01-31T00:00:00Z")
    return text


def _can_be_written(value: Any) -> Any:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError):
        raise ValueError("may hold only what JSON can say in UTF-8") from None
    return value


Text = Annotated[str, AfterValidator(_can_be_kept)]
"""Any text that can be kept."""

MessageText = Annotated[Text, AfterValidator(_not_blank)]
"""What somebody says: anything but nothing."""

Json = Annotated[Any, AfterValidator(_can_be_written)]
"""Any JSON value."""

JsonObject = Annotated[dict[str, Any], AfterValidator(_can_be_written)]

Label = Annotated[Text, StringConstraints(min_length=1, max_length=255)]
"""A short name of the caller's own."""


Time = Annotated[AwareDatetime, BeforeValidator(_no_number)]
"""A time in RFC 3339, with its offset from UTC."""


def uuid_of(row_id: str) -> str:
    """An id as a UUID in its usual spelling."""
    return str(uuid.UUID(row_id))


def id_from_uuid(text: str, what: str) -> str:
    """The id in any spelling of its UUID. What is none names nothing: raises `NotFound`."""
    try:
        return uuid.UUID(text).hex
    except ValueError:
        raise NotFound(f"There is no such {what}.") from None
