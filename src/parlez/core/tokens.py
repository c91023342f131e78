"""Guessing how many tokens a text has, without its model's tokenizer."""

from collections.abc import Iterable

MESSAGE_TOKENS = 8
"""What a chat template adds around one message, at most."""

_CHARACTERS_PER_TOKEN = 3.5
_TOKENS_PER_EXTRA_BYTE = 0.75


def estimate_messages(texts: Iterable[str]) -> int:
    """A guess at texts that are a message each."""
    return sum(estimate_tokens(text) + MESSAGE_TOKENS for text in texts)


def estimate_tokens(text: str) -> int:
    """A guess on the high side for ordinary text. English has about four characters a token;
    other scripts cost more the more bytes UTF-8 needs for them."""
    extra_bytes = len(text.encode(errors="replace")) - len(text)
    return int(len(text) / _CHARACTERS_PER_TOKEN + extra_bytes * _TOKENS_PER_EXTRA_BYTE) + 1
