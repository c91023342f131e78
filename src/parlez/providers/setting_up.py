"""From a vendor's row and the variables that are set to the vendor that can be asked."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

from parlez.core.errors import InvalidInput
from parlez.providers.variables import Source, Value, Variables
from parlez.providers.vendor import Vendor
from parlez.providers.vendor_rows import VendorRow


class MixedSources(InvalidInput):
    """A key would be sent to an address that somebody else may have chosen."""


@dataclass(frozen=True, slots=True)
class NotSetUp:
    """Why a vendor cannot be asked, and what would change that."""

    reason: str


def set_up(name: str, row: VendorRow, variables: Variables) -> Vendor | NotSetUp:
    """The vendor, if all that it needs is there. Raises `MixedSources`."""
    key = variables.find(row.key_variables)
    address = variables.find(row.base_url_variables)
    missing = []
    if key is None and row.key_required:
        missing.append(row.key_variables[0])
    if address is None and row.base_url is None:
        missing.append(row.base_url_variables[0])
    if missing:
        return NotSetUp(f"Set {' and '.join(missing)} to use it.")
    _refuse_mixed(row, key, address)
    own = row.base_url is not None and (
        address is None or address.text.rstrip("/") == row.base_url.rstrip("/")
    )
    return Vendor(
        name=name,
        display_name=row.display_name,
        base_url=_address(row, address.text) if address else row.base_url or "",
        api_key=key.text if key else None,
        key_setting=_setting(key, row.key_variables),
        url_setting=_setting(address, row.base_url_variables),
        key_header=row.key_header,
        chat_path=row.chat_path,
        headers=row.headers,
        query={**row.query, **_query(row, variables)},
        max_tokens_field=(
            row.max_tokens_field if own else row.max_tokens_field_elsewhere or row.max_tokens_field
        ),
        seed_field=row.seed_field,
        stream_options=row.stream_options,
        overflow_patterns=tuple(re.compile(pattern) for pattern in row.overflow_patterns),
        overflow_statuses=frozenset(row.overflow_statuses),
        defaults=row.defaults,
        retries=row.retries,
        keep_alive=row.keep_alive,
    )


def _refuse_mixed(row: VendorRow, key: Value | None, address: Value | None) -> None:
    """A `.env` may come with a folder that somebody else made: an address in it, or in a file that
    it names, must not get a key that was not in it."""
    if key is None or key.source is Source.DOTENV:
        return
    told = address.name if address else f"the address of {row.display_name}"
    source = address.source if address else row.source
    if source is Source.DOTENV:
        raise MixedSources(
            f"{told} comes from .env and {key.name} from {key.source}. A key is sent only to an "
            "address from the same place: set both in one of them."
        )


def _query(row: VendorRow, variables: Variables) -> dict[str, str]:
    found = {field: variables.find(names) for field, names in row.query_variables.items()}
    return {field: value.text for field, value in found.items() if value}


def _setting(value: Value | None, names: tuple[str, ...]) -> str | None:
    if value:
        return value.name
    return names[0] if names else None


def _address(row: VendorRow, text: str) -> str:
    """An address as a variable has it, made whole where the row says how."""
    if row.default_port and "://" not in text:
        text = f"http://{text}"
        parts = urlsplit(text)
        port = "" if parts.netloc.rpartition(":")[2].isdecimal() else f":{row.default_port}"
        # What a server listens on everywhere is reached here by loopback.
        host = parts.netloc.replace("0.0.0.0", "127.0.0.1")  # noqa: S104
        text = urlunsplit((parts.scheme, host + port, parts.path, "", ""))
    parts = urlsplit(text)
    if parts.path.strip("/"):
        return text.rstrip("/")
    return urlunsplit((parts.scheme, parts.netloc, row.base_url_path, "", ""))
