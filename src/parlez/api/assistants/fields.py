"""Kinds of fields, which a form spells as text."""

import re
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr, StringConstraints

from parlez.core.errors import NotFound
from parlez.core.passwords import LONGEST
from parlez.http.fields import MessageText, Text

LARGEST = 2**31 - 1
"""The largest number that things are given."""


def _no_boolean(value: Any) -> Any:
    # Python takes it for 0 or 1.
    if isinstance(value, bool):
        raise ValueError("must be a number")
    return value


def _blank_is_none(value: Any) -> Any:
    return None if isinstance(value, str) and not value.strip() else value


Name = Annotated[
    MessageText,
    StringConstraints(strip_whitespace=True, max_length=255),
    Field(description="Nobody else's in the account.", examples=["Annual report"]),
]

NewName = Annotated[Name | None, BeforeValidator(_blank_is_none)]

CompanyName = Annotated[
    Text,
    StringConstraints(strip_whitespace=True, max_length=255),
    Field(description="Whose assistant it is; may be empty.", examples=["ACME"]),
]

Instructions = Annotated[
    MessageText,
    Field(
        max_length=100_000,
        description="What its model is told before every answer.",
        examples=["Answer politely, and in the language of the question."],
    ),
]

Number = Annotated[int, BeforeValidator(_no_boolean), Field(examples=[3])]

Password = Annotated[
    SecretStr,
    Field(
        max_length=LONGEST,
        description="At least 10 characters.",
        examples=["a long enough secret"],
    ),
]


def known_number(number: int, what: str) -> int:
    """Raises `NotFound` for a number that nothing is given."""
    if not 1 <= number <= LARGEST:
        raise NotFound(f"There is no such {what}.")
    return number


def number_in_path(text: str, what: str) -> int:
    """A number as a path spells it. Raises `NotFound`."""
    if not re.fullmatch(r"[0-9]{1,10}", text):
        raise NotFound(f"There is no such {what}.")
    return known_number(int(text), what)
