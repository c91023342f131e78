"""Who sells or runs a model, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor and its quirks.

    `base_url` is what `/chat/completions` is appended to. `key_setting` and `url_setting` are
    the names of the settings that a person changes when the key or the address is wrong, None
    where there is nothing to change. The key is left out of `repr`.

    `max_tokens_field` is how the bound of an answer is called on the wire, and `defaults` are
    fields of the request's body that hold where the caller said nothing. `retries` bounds how
    often a request is sent again, and `keep_alive` says whether connections are used twice.
    """

    name: str
    display_name: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    key_setting: str | None = None
    url_setting: str | None = None
    max_tokens_field: str = "max_tokens"
    defaults: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    retries: int = 2
    keep_alive: bool = True
