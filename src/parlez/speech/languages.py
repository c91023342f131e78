"""Codes of languages, by which engines say what they know."""

import re

from parlez.core.errors import InvalidInput

WHISPER = frozenset(
    re.findall(
        r"\w+",
        """
        af am ar as az ba be bg bn bo br bs ca cs cy da de el en es et eu fa fi fo fr gl gu ha haw
        he hi hr ht hu hy id is it ja jw ka kk km kn ko la lb ln lo lt lv mg mi mk ml mn mr ms mt my
        ne nl nn no oc pa pl ps pt ro ru sa sd si sk sl sn so sq sr su sv sw ta te tg th tk tl tr tt
        uk ur uz vi yi yo yue zh
        """,
    )
)
"""What a Whisper knows that does not have English alone."""


def base_of(code: str) -> str:
    """The language of a code, without its region: `en` of `en-US`."""
    return code.replace("_", "-").partition("-")[0].lower()


def require(code: str | None, known: frozenset[str] | None, title: str) -> None:
    """Raises `InvalidInput` for a language that an engine has not."""
    if code is None or known is None or base_of(code) in known:
        return
    shown = ", ".join(sorted(known)) if len(known) < 12 else f"{len(known)} others"
    raise InvalidInput(
        f"{title} does not know this language. It knows: {shown}.",
        code="unknown_language",
        param="language_code",
    )
