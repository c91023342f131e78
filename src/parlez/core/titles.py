"""Titles of conversations, made from what was said first."""

LONGEST = 60
"""Characters of a title."""

_ENOUGH = 8 * LONGEST


def title_of(text: str) -> str:
    """The first words of a message that is not blank, on one line."""
    words = " ".join(text.lstrip()[:_ENOUGH].split())
    if len(words) <= LONGEST:
        return words
    whole_words = words[:LONGEST].rpartition(" ")[0]
    return f"{whole_words or words[: LONGEST - 1]}…"
