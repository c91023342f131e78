"""Reading real files in a real process, and each way in which that fails."""

from pathlib import Path

import pytest
from tests.support import files

from parlez.core.documents import UnreadableFile
from parlez.knowledge.reading.process import ProcessReader, ReadingLimits

LIMITS = ReadingLimits(seconds=20, pages=5)

TEXTS = {
    "a.pdf": files.pdf(["The first page.", "The second: a lighthouse."]),
    "a.docx": files.docx(["Heading", "A lighthouse."], headings=["Heading"]),
    "a.md": b"# Heading\n\nA lighthouse.",
    "a.html": b"<html><title>T</title><body><h1>Heading</h1><p>A lighthouse.</p></body></html>",
    "a.csv": b"name,height\nlighthouse,30\n",
    "a.txt": "A lighthouse, in Übersee.".encode(),
    "windows.txt": "A lighthouse, in Übersee.".encode("cp1252"),
    "utf16.txt": "A lighthouse, in Übersee.".encode("utf-16"),
    "a.eml": b"From: a@b.example\r\nSubject: News\r\n\r\nA lighthouse.\r\n",
    "no ending": b"A lighthouse.",
    "a.xlsx": files.xlsx([["name", "height"], ["lighthouse", "30"]]),
    "a.pptx": files.pptx(["The first slide", "A lighthouse"]),
    "a.epub": files.epub("<h1>Heading</h1><p>A lighthouse.</p>"),
}

FAILURES = {
    "encrypted.pdf": (files.pdf(["Secret."], password="secret"), "encrypted"),
    "encrypted.docx": (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600 + "EncryptedPackage".encode("utf-16-le"),
        "encrypted",
    ),
    "empty.txt": (b"  \n\n ", "empty"),
    "scanned.pdf": (files.pdf(["", ""]), "no_text"),
    "broken.pdf": (files.pdf(["Some text."])[:300], "broken"),
    "broken.docx": (b"PK\x03\x04 and then nothing of the sort", "broken"),
    "picture.pdf": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "mislabelled"),
    "really a pdf.docx": (files.pdf(["Some text."]), "mislabelled"),
    "picture.png": (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "unknown_kind"),
    "archive.zip": (files.archive({"a.txt": "text"}), "unknown_kind"),
    "long.pdf": (files.pdf(["A page."] * 6), "too_many_pages"),
}


def write(folder: Path, name: str, data: bytes) -> Path:
    path = folder / "stored"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("name", TEXTS)
async def test_every_kind_is_read(name: str, tmp_path: Path) -> None:
    pages = await ProcessReader(LIMITS).read(write(tmp_path, name, TEXTS[name]), name)
    whole = "".join(page.text for page in pages)
    assert "lighthouse" in whole
    assert "Ü" in whole or "Übersee".encode() not in TEXTS[name]
    assert all(page.text == whole[page.start :][: len(page.text)] for page in pages)
    paged = name.endswith((".pdf", ".pptx"))
    assert [page.number for page in pages] == ([1, 2] if paged else [None])


@pytest.mark.parametrize("name", FAILURES)
async def test_every_failure_says_what_it_is(name: str, tmp_path: Path) -> None:
    data, code = FAILURES[name]
    with pytest.raises(UnreadableFile) as failed:
        await ProcessReader(LIMITS).read(write(tmp_path, name, data), name)
    assert failed.value.code == code
    assert failed.value.message.endswith(".")


async def test_what_unpacks_to_too_much_is_not_unpacked(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile) as failed:
        await ProcessReader(LIMITS).read(write(tmp_path, "a.docx", files.bomb(400)), "a.docx")
    assert failed.value.code == "unpacks_to_too_much"


async def test_what_takes_too_long_is_killed(tmp_path: Path) -> None:
    file = write(tmp_path, "a.txt", b"Some text.")
    with pytest.raises(UnreadableFile) as failed:
        await ProcessReader(ReadingLimits(seconds=0.001)).read(file, "a.txt")
    assert failed.value.code == "too_slow"


async def test_what_takes_too_much_memory_fails(tmp_path: Path) -> None:
    file = write(tmp_path, "a.pdf", files.pdf(["Some text."] * 5))
    small = ReadingLimits(seconds=20, memory_bytes=60 * 1024 * 1024)
    with pytest.raises(UnreadableFile) as failed:
        await ProcessReader(small).read(file, "a.pdf")
    assert failed.value.code in ("too_much_memory", "cannot_read")
