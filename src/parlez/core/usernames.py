"""Names that people sign in with."""

import unicodedata

from parlez.core.errors import InvalidInput

LONGEST = 64


def normalize(text: str) -> str:
    """A name in the one spelling that is stored: `Ada` and `ada` are the same person."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold()).strip()


def new_username(text: str) -> str:
    """A name that an account can get. Raises `InvalidInput`."""
    name = normalize(text)
    if not 1 <= len(name) <= LONGEST or not name.isprintable():
        raise InvalidInput(f"A username has 1 to {LONGEST} printable characters.", param="username")
    return name
