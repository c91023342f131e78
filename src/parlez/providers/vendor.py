"""Who sells or runs a model, as an adapter needs to know it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor and its quirks, as one of its models is asked.

    `base_url` is what `chat_path` is appended to; where that is None the wire format has its own,
    and `{model}` in it stands for the model. `key_setting` and `url_setting` are the names of the
    settings that a person changes when the key or the address is wrong, None where there is nothing
    to change. The key is left out of `repr`.

    `max_tokens_field` and `seed_field` are how these options are called on the wire; options that
    are in `ignores` are not sent. `longest_answer` is told to vendors that must be told a bound.
    `defaults` are fields of the request's body that hold where the caller said nothing.
    `overflow_patterns` and `overflow_statuses` are how a prompt that is too long is refused, where
    the error has no identifier. `retries` bounds how often a request is sent again, and
    `keep_alive` says whether connections are used twice.
    """

    name: str
    display_name: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    key_setting: str | None = None
    url_setting: str | None = None
    key_header: str = "authorization"
    chat_path: str | None = None
    headers: Mapping[str, str] = field(default_factory=_nothing)
    query: Mapping[str, str] = field(default_factory=_nothing)
    max_tokens_field: str = "max_tokens"
    seed_field: str | None = "seed"
    stream_options: bool = True
    ignores: frozenset[str] = frozenset()
    longest_answer: int | None = None
    defaults: Mapping[str, Any] = field(default_factory=_nothing)
    overflow_patterns: tuple[re.Pattern[str], ...] = ()
    overflow_statuses: frozenset[int] = frozenset()
    retries: int = 2
    keep_alive: bool = True
