"""The reference documents, where they lie beside the checkout."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[3] / "shared" / "reference"

_CALL = re.compile(r"(GET|POST|PUT|PATCH|DELETE) (/\S+)")


@dataclass
class Call:
    """A call as a document shows it."""

    body: Any = None
    answer: Any = None


def calls(document: str) -> dict[str, Call]:
    """The calls of a document with their JSON, by method and path."""
    found: dict[str, Call] = {}
    call, is_answer, lines = Call(), False, list[str]()
    for line in document.splitlines():
        if match := _CALL.fullmatch(line.strip()):
            call = found.setdefault(match[0], Call())
        elif line.startswith("Response"):
            is_answer = True
        elif line.startswith("Request Body"):
            is_answer = False
        if line == "{" or lines:
            lines.append(re.sub(r"\s//.*", "", line))
        if line == "}" and lines:
            value, lines = json.loads("\n".join(lines)), []
            if is_answer:
                call.answer = value
            else:
                call.body = value
    return found


def shape_of(value: Any) -> Any:
    """The types of a value; of a list those of its first element."""
    if isinstance(value, dict):
        return {name: shape_of(each) for name, each in value.items()}
    if isinstance(value, list):
        return [shape_of(each) for each in value[:1]]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float
    return type(value)


def has_shape(value: Any, shape: Any) -> bool:
    """Whether a value has all that a shape names, and every element of a list too."""
    if isinstance(shape, dict):
        return isinstance(value, dict) and all(
            name in value and has_shape(value[name], each) for name, each in shape.items()
        )
    if isinstance(shape, list):
        return isinstance(value, list) and all(has_shape(each, shape[0]) for each in value)
    return bool(shape_of(value) is shape)
