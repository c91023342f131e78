"""The text of a file. To be used in a process of its own: what reads files of strangers may hang,
swell and die."""

import re
from collections.abc import Iterator
from secrets import token_hex
from typing import Any

from parlez.core.documents import (
    BROKEN,
    ENCRYPTED,
    NO_TEXT,
    TOO_LONG,
    TOO_MANY_PAGES,
    Page,
    UnreadableFile,
)
from parlez.knowledge.reading.kinds import Kind, kind_of

AT_ONCE = 20_000
"""Characters of text without pages that make one part, about."""

MOST_CHARACTERS = 20_000_000

# What neither a database nor a reader can do anything with.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0e-\x1f\x7f\ufeff\ufffe\uffff]")


def extract(data: bytes, name: str, most_pages: int) -> list[Page]:
    """Raises `UnreadableFile`."""
    kind = kind_of(data, name)
    texts: list[tuple[int | None, str]]
    if kind.value.media_type is None:
        texts = [(None, part) for part in _parts(_clean(_decoded(data)))]
    else:
        texts = _by_kreuzberg(data, kind)
    if len(texts) > most_pages and kind.value.paged:
        raise UnreadableFile(
            f"The file has {len(texts):,} pages, more than the {most_pages:,} that are read.",
            code=TOO_MANY_PAGES,
        )
    if not any(text.strip() for _, text in texts):
        raise UnreadableFile(
            "The file holds no text. If its pages are scanned, have their text recognised first."
            if kind.value.paged
            else "The file holds no text.",
            code=NO_TEXT,
        )
    return list(_placed(texts))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Every byte is some character there: better one wrong than none.
        return data.decode("cp1252", "replace")


def _by_kreuzberg(data: bytes, kind: Kind) -> list[tuple[int | None, str]]:
    import kreuzberg

    mark = token_hex(16)
    # Its own types lack one of these.
    config = kreuzberg.ExtractionConfig(  # type: ignore[call-arg]
        use_cache=False,
        enable_quality_processing=False,
        disable_ocr=True,
        pages=_pages_of(kind, mark),
        output_format="plain" if kind.value.paged else "markdown",
    )
    media_type = kind.value.media_type
    assert media_type is not None
    try:
        result: Any = kreuzberg.extract_bytes_sync(data, media_type, config=config)
    except kreuzberg.KreuzbergError as error:
        raise _told(error) from None
    if kind is Kind.PPTX:
        return [(number, f"{text}\n\n") for number, text in _marked(result.content, mark)]
    if kind.value.paged and result.pages:
        return [(page["page_number"], f"{_clean(page['content'])}\n\n") for page in result.pages]
    return [(None, part) for part in _parts(_front_matter_gone(_clean(result.content)))]


def _pages_of(kind: Kind, mark: str) -> Any:
    """How to ask for pages. Slides are told apart only by marks between them, for which no slide
    can know the word."""
    import kreuzberg

    if kind is Kind.PPTX:
        return kreuzberg.PageConfig(
            insert_page_markers=True, marker_format=f"\n{mark} {{page_num}}\n"
        )
    return kreuzberg.PageConfig(extract_pages=True) if kind.value.paged else None


def _marked(text: str, mark: str) -> Iterator[tuple[int, str]]:
    _, *slides = re.split(rf"\s*{mark} (\d+)\s*", text)
    for number, slide in zip(slides[::2], slides[1::2], strict=True):
        yield int(number), _clean(slide)


def _front_matter_gone(text: str) -> str:
    """What is told of a page in its head is not part of its text."""
    return re.sub(r"\A---\n\n(?:#+ )?\w+: .*\n\n", "", text)


def _told(error: Exception) -> UnreadableFile:
    # Its kinds of errors do not tell these apart; only its words do.
    said = str(error).lower()
    if "password" in said or "encrypt" in said:
        return UnreadableFile("The file is protected by a password.", code=ENCRYPTED)
    if "limit exceeded" in said:
        return UnreadableFile("The file unpacks to more than is read.", code="unpacks_to_too_much")
    return UnreadableFile("The file is damaged.", code=BROKEN)


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()


def _parts(text: str) -> Iterator[str]:
    """A text in parts of about so many characters, cut between paragraphs or lines where there are
    any."""
    start = 0
    while start < len(text):
        end = min(start + AT_ONCE, len(text))
        if end < len(text):
            for mark in ("\n\n", "\n", " "):
                cut = text.rfind(mark, start + AT_ONCE // 2, end)
                if cut > 0:
                    end = cut + len(mark)
                    break
        yield text[start:end]
        start = end


def _placed(texts: list[tuple[int | None, str]]) -> Iterator[Page]:
    start = 0
    for place, (number, text) in enumerate(texts):
        yield Page(place, number, start, text)
        start += len(text)
        if start > MOST_CHARACTERS:
            raise UnreadableFile(
                f"The file holds more than the {MOST_CHARACTERS:,} characters that are read.",
                code=TOO_LONG,
            )
