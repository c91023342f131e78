"""Kinds of values that several nouns of the dialect take."""

import json
from typing import Annotated, Any

from fastapi import Query
from pydantic import AfterValidator, Field

from parlez.http.fields import Label, Text

MOST_METADATA = 16_384
"""Characters of JSON."""

MOST_PROMPT = 100_000


def _can_be_kept(metadata: dict[str, Any]) -> dict[str, Any]:
    try:
        size = len(json.dumps(metadata, ensure_ascii=False).encode())
    except (UnicodeEncodeError, RecursionError):
        raise ValueError("holds something that cannot be kept") from None
    if size > MOST_METADATA:
        raise ValueError(f"may have at most {MOST_METADATA:,} bytes of JSON")
    return metadata


Metadata = Annotated[
    dict[str, Any],
    AfterValidator(_can_be_kept),
    Field(description="Anything of your own that is to be kept with the conversation."),
]
Prompt = Annotated[Text, Field(max_length=MOST_PROMPT)]
ModelName = Annotated[
    Text, Field(max_length=255, description="A name from /api/models.", examples=["gpt-4o"])
]
UserId = Annotated[
    Label, Field(description="Your own name for whoever is talking.", examples=["user123"])
]

UserIdQuery = Annotated[
    Label | None,
    Query(
        alias="user_id", description="Whom the conversation must be with, if you want to be sure."
    ),
]
