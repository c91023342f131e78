"""What OpenAI has and Parlez has not: it is refused by name, never silently left undone."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from parlez.core.errors import InvalidInput

Harmless = Callable[[Any], bool]
"""Whether a value asks for nothing beyond what is done anyway."""


def never(value: Any) -> bool:
    return False


def if_false(value: Any) -> bool:
    return value in (False, 0)


def unsupported(param: str, what: str) -> InvalidInput:
    """The error for something that is understood and cannot be done."""
    return InvalidInput(what, code="unsupported_parameter", param=param)


def refuse(body: BaseModel, refused: Mapping[str, Harmless]) -> None:
    """Raises `InvalidInput` for the first field that asks for what cannot be done. Fields that are
    null count as absent, and what is not known at all is left alone, as OpenAI does."""
    for name, is_harmless in refused.items():
        value = (body.model_extra or {}).get(name)
        if value is not None and not is_harmless(value):
            raise unsupported(name, f"'{name}' is not supported here. Leave it out.")
