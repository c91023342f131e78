"""Pictures in the text of documents, which whoever shows it must not fetch."""

import re

_MARKDOWN = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_HTML = re.compile(r"<img\b[^>]*>", re.IGNORECASE)


def without_pictures(text: str) -> str:
    """A text with what is said of its pictures in their place."""
    return _HTML.sub("", _MARKDOWN.sub(r"\1", text))
