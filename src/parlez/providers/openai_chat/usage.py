"""Tokens, as the vendor counts them."""

from typing import Any

from parlez.core.events import Usage


def read_usage(raw: Any) -> Usage | None:
    """The usage in an answer, or None where there is none that makes sense."""
    if not isinstance(raw, dict):
        return None
    prompt, completion = (
        _count(raw.get("prompt_tokens")),
        _count(raw.get("completion_tokens")),
    )
    if prompt is None or completion is None:
        return None
    return Usage(prompt_tokens=prompt, completion_tokens=completion)


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None
