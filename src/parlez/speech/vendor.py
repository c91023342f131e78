"""Who hears or speaks for us over HTTP."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor, as an adapter needs to know it. `key_setting` and `url_setting` are what a person
    changes when the key or the address is wrong. The key is left out of `repr`. `retries` bounds
    how often a request is sent again."""

    name: str
    title: str
    base_url: str
    api_key: str | None = field(default=None, repr=False)
    key_setting: str | None = None
    url_setting: str | None = None
    retries: int = 2
