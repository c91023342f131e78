"""What a file is, whatever it is called."""

import io
import zipfile
from dataclasses import dataclass
from enum import Enum
from pathlib import PurePath

from parlez.core.documents import (
    BOMB,
    BROKEN,
    EMPTY,
    ENCRYPTED,
    MISLABELLED,
    UNKNOWN_KIND,
    UnreadableFile,
)

UNPACKED_BYTES = 256 * 1024 * 1024
"""What an archive may unpack to."""

UNPACKED_FILES = 20_000


@dataclass(frozen=True, slots=True)
class KindOfFile:
    """`media_type` is how a reader is told of it, None for text that is read as it stands; `paged`
    says whether its pages are pages to people too."""

    title: str
    endings: tuple[str, ...]
    media_type: str | None = None
    paged: bool = False


_OFFICE = "application/vnd.openxmlformats-officedocument"


class Kind(Enum):
    PDF = KindOfFile("PDF", (".pdf",), "application/pdf", paged=True)
    DOCX = KindOfFile("Word document", (".docx",), f"{_OFFICE}.wordprocessingml.document")
    PPTX = KindOfFile(
        "PowerPoint file", (".pptx",), f"{_OFFICE}.presentationml.presentation", paged=True
    )
    XLSX = KindOfFile("Excel file", (".xlsx",), f"{_OFFICE}.spreadsheetml.sheet")
    ODT = KindOfFile("OpenDocument text", (".odt",), "application/vnd.oasis.opendocument.text")
    EPUB = KindOfFile("EPUB", (".epub",), "application/epub+zip")
    MSG = KindOfFile("Outlook message", (".msg",), "application/vnd.ms-outlook")
    EMAIL = KindOfFile("e-mail", (".eml",), "message/rfc822")
    HTML = KindOfFile("HTML page", (".html", ".htm", ".xhtml"), "text/html")
    RTF = KindOfFile("RTF", (".rtf",), "application/rtf")
    MARKDOWN = KindOfFile("Markdown text", (".md", ".markdown"))
    CSV = KindOfFile("table", (".csv", ".tsv"))
    TEXT = KindOfFile("text", (".txt", ".text", ".log", ".rst", ".json", ".xml", ".yaml", ".toml"))


_WRITTEN = (Kind.EMAIL, Kind.HTML, Kind.MARKDOWN, Kind.CSV, Kind.TEXT)
"""Kinds that are text themselves: which one it is only its name says."""

_MARKS = {b"%PDF-": Kind.PDF, b"{\\rtf": Kind.RTF}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_OFFICE = "EncryptedPackage".encode("utf-16-le")

_IN_ARCHIVES = {
    "word/document.xml": Kind.DOCX,
    "ppt/presentation.xml": Kind.PPTX,
    "xl/workbook.xml": Kind.XLSX,
}
_MIME_TYPES = {kind.value.media_type: kind for kind in (Kind.EPUB, Kind.ODT)}


def kind_of(data: bytes, name: str) -> Kind:
    """Raises `UnreadableFile` for what is not what its name says, or is nothing that is read."""
    if not data.strip():
        raise UnreadableFile("The file is empty.", code=EMPTY)
    named = _named(name)
    found = _found(data, named)
    if found is None:
        if named is not None:
            raise _mislabelled(name, named)
        raise UnreadableFile(
            "Files of this kind cannot be read. What can: PDF, Word, PowerPoint, Excel, "
            "OpenDocument text, EPUB, RTF, e-mail, HTML, Markdown, CSV and text.",
            code=UNKNOWN_KIND,
        )
    if named is not None and found is not named:
        raise _mislabelled(name, named, found)
    return found


def _named(name: str) -> Kind | None:
    ending = PurePath(name).suffix.lower()
    return next((kind for kind in Kind if ending in kind.value.endings), None)


def _found(data: bytes, named: Kind | None) -> Kind | None:
    start = data[:1024].lstrip()
    for mark, kind in _MARKS.items():
        if start.startswith(mark) or (kind is Kind.PDF and mark in start):
            return kind
    if start.startswith(b"PK\x03\x04"):
        return _archived(data, named)
    if start.startswith(_OLE):
        if _ENCRYPTED_OFFICE in data:
            raise UnreadableFile("The file is protected by a password.", code=ENCRYPTED)
        return Kind.MSG if named is Kind.MSG else None
    if not _is_text(data):
        return None
    if named in _WRITTEN:
        return named
    return Kind.HTML if start[:15].lower().startswith((b"<!doctype html", b"<html")) else Kind.TEXT


def _archived(data: bytes, named: Kind | None) -> Kind | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = archive.infolist()
            _check(members)
            names = {member.filename for member in members}
            for inside, kind in _IN_ARCHIVES.items():
                if inside in names:
                    return kind
            if "mimetype" in names:
                told = archive.read("mimetype")[:200].decode("ascii", "replace").strip()
                return _MIME_TYPES.get(told)
    except (zipfile.BadZipFile, NotImplementedError, EOFError):
        # Whatever it was, its name says.
        if named is not None and named not in _WRITTEN:
            raise UnreadableFile("The file is damaged.", code=BROKEN) from None
    return None


def _check(members: list[zipfile.ZipInfo]) -> None:
    if any(member.flag_bits & 1 for member in members):
        raise UnreadableFile("The file is protected by a password.", code=ENCRYPTED)
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED_BYTES or len(members) > UNPACKED_FILES:
        raise UnreadableFile(
            f"The file unpacks to {unpacked >> 20:,} MB in {len(members):,} parts, more than "
            f"the {UNPACKED_BYTES >> 20} MB and {UNPACKED_FILES:,} that are read.",
            code=BOMB,
        )


def _is_text(data: bytes) -> bool:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    sample = data[:65_536]
    strange = sum(byte < 32 and byte not in b"\t\n\r\f\v\x1b" for byte in sample)
    return b"\0" not in sample and strange * 100 <= len(sample)


def _mislabelled(name: str, named: Kind, found: Kind | None = None) -> UnreadableFile:
    ending = PurePath(name).suffix.lower()
    what = f"and is a {found.value.title}" if found else f"and is no {named.value.title}"
    return UnreadableFile(f"The file is called {ending} {what}.", code=MISLABELLED)
