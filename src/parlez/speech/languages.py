"""Languages that engines know."""

import re

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

_REGIONS = {
    "ar": "ar-SA",
    "cs": "cs-CZ",
    "da": "da-DK",
    "el": "el-GR",
    "en": "en-US",
    "he": "he-IL",
    "hi": "hi-IN",
    "ja": "ja-JP",
    "ko": "ko-KR",
    "no": "nb-NO",
    "pt": "pt-BR",
    "sv": "sv-SE",
    "uk": "uk-UA",
    "vi": "vi-VN",
    "zh": "zh-CN",
}
"""Where most speakers of a language are, if that is not called like the language."""


def regional(code: str | None) -> str:
    """A code with its region, for vendors that ask for one; American English without a code."""
    if code is None:
        return "en-US"
    language, _, region = code.replace("_", "-").partition("-")
    if region:
        return f"{language.lower()}-{region}"
    return _REGIONS.get(language.lower(), f"{language.lower()}-{language.upper()}")
