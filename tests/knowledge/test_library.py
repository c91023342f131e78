"""The library on both kinds of database: what is uploaded is found, and what is removed is gone."""

import asyncio
import io
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text
from tests.support import files
from tests.support.engine import ME, SOMEBODY_ELSE
from tests.support.library import OpenLibrary, WordEmbedder, open_library
from tests.support.store import Stores, open_stores

from parlez.core.documents import DocumentState, Page, UnreadableFile
from parlez.core.errors import InvalidInput, NotFound
from parlez.core.identity import Scope
from parlez.core.ports.document_store import KeptFile
from parlez.core.retrieval import ALL_DOCUMENTS, Sources
from parlez.knowledge.chunking import chunks
from parlez.storage.blob_folder import BlobFolder
from parlez.storage.database import Dialect
from parlez.storage.open import SqliteFile, locate
from parlez.storage.transfer.export import export
from parlez.storage.transfer.load import load
from parlez.storage.transfer.places import source, target

LIGHTHOUSE = "# Coast\n\nThe lighthouse of Brest was lit in 1902. Its keeper has a cat."
TAX = "# Law\n\nA tax is money that a state takes. It is due in May."

COUNT = {
    name: text(f"SELECT count(*) FROM {name}")
    for name in ("document", "document_page", "chunk", "chunk_vector")
}


@pytest.fixture
async def library(stores: Stores, tmp_path: Path) -> AsyncIterator[OpenLibrary]:
    async with open_library(stores, tmp_path) as opened:
        yield opened


async def found(
    library: OpenLibrary, question: str, scope: Scope = ME, sources: Sources = ALL_DOCUMENTS
) -> list[str]:
    """The names of the documents that have something on a question, best first."""
    passages = await library.library.search(scope, sources, question, 10)
    return list(dict.fromkeys(each.document for each in passages))


async def counts(stores: Stores) -> list[int]:
    async def count(name: str) -> int:
        row = await stores.database.read(lambda c: c.one(COUNT[name]))
        assert row
        return int(row[0])

    return [await count(name) for name in COUNT]


async def until_nothing_is_left(stores: Stores, library: OpenLibrary) -> None:
    async with asyncio.timeout(20):
        while any(await counts(stores)) or any((library.folder / "files").glob("*/*")):
            await asyncio.sleep(0.01)


async def test_what_was_read_stands_where_it_says(library: OpenLibrary) -> None:
    coast = await library.add("coast.md", LIGHTHOUSE)
    assert (coast.state, coast.characters, coast.pages) == (
        DocumentState.READY,
        len(LIGHTHOUSE),
        None,
    )
    [passage] = await library.library.search(ME, ALL_DOCUMENTS, "When was the lighthouse lit?", 5)
    assert passage.text == LIGHTHOUSE[passage.start : passage.end]
    assert passage.heading == "Coast"
    assert passage.relevant
    assert await library.library.stands(ME, passage.citation())
    assert await library.store.text(ME, coast.id, 9, 23) == LIGHTHOUSE[9:23]


async def test_text_over_several_pages(library: OpenLibrary) -> None:
    report = await library.add("report.pdf", files.pdf(["One page.", "Two pages.", "Three."]))
    whole = await library.store.text(ME, report.id, 0, 10_000)
    assert whole == "One page.\n\nTwo pages.\n\nThree.\n\n"
    for start in range(0, len(whole), 3):
        assert await library.store.text(ME, report.id, start, start + 7) == whole[start : start + 7]


async def test_the_rarest_words_count_most(library: OpenLibrary) -> None:
    for n in range(10):
        await library.add(f"{n}.txt", f"The house number {n} is a house in the street.")
    await library.add("roof.txt", "The house has a roof.")
    scores = await library.store.by_words(ME, ALL_DOCUMENTS, ["house", "roof"], 40)
    assert [score for _, score in scores] == sorted((score for _, score in scores), reverse=True)
    [best] = await library.store.chunks(ME, [scores[0][0]])
    assert best.document == "roof.txt"
    assert await library.store.by_words(ME, ALL_DOCUMENTS, ["houses"], 5)
    assert await library.store.by_words(ME, ALL_DOCUMENTS, ['"', "OR", "NEAR(", "*"], 5) == []


async def test_only_what_may_be_seen_is_found(library: OpenLibrary) -> None:
    mine = await library.add("mine.md", LIGHTHOUSE)
    other = await library.add("other.md", LIGHTHOUSE + " Also.")
    theirs = await library.add("theirs.md", LIGHTHOUSE, SOMEBODY_ELSE)
    question = "Who keeps the lighthouse?"
    assert set(await found(library, question)) == {"mine.md", "other.md"}
    assert await found(library, question, SOMEBODY_ELSE) == ["theirs.md"]
    assert await found(library, question, sources=Sources((other.id,))) == ["other.md"]
    assert await found(library, question, sources=Sources(())) == []
    for call in (
        library.library.find(ME, theirs.id),
        library.library.remove(ME, theirs.id),
        library.library.text(ME, theirs.id, 0, 9),
        library.library.search(ME, Sources((mine.id, theirs.id)), question, 5),
        library.library.page(ME, 5, theirs.id),
    ):
        with pytest.raises(NotFound, match="no such document"):
            await call
    for scope, most in ((ME, 2), (SOMEBODY_ELSE, 1)):
        assert len(await library.store.by_words(scope, ALL_DOCUMENTS, ["lighthouse"], 9)) == most
    retriever = library.knowledge.retriever
    assert await retriever.find(ME, Sources((theirs.id,)), question, 5) == []


async def test_the_same_file_is_the_same_document(library: OpenLibrary) -> None:
    first = await library.add("a.md", LIGHTHOUSE)
    assert (await library.add("a.md", LIGHTHOUSE)).id == first.id
    copy = await library.add("b.md", LIGHTHOUSE)
    assert copy.id != first.id
    assert len(list((library.folder / "files" / "me").iterdir())) == 1
    await library.library.remove(ME, first.id)
    assert await found(library, "lighthouse") == ["b.md"]
    assert (await library.add("a.md", LIGHTHOUSE)).id != first.id


async def test_removing_leaves_nothing(stores: Stores, library: OpenLibrary) -> None:
    documents = await library.add_all({"a.md": LIGHTHOUSE, "b.md": TAX, "c.png": b"\x89PNG\0"})
    for document in documents:
        await library.library.remove(ME, document.id)
        with pytest.raises(NotFound):
            await library.library.find(ME, document.id)
    assert await found(library, "lighthouse tax") == []
    await until_nothing_is_left(stores, library)
    if stores.database.dialect is Dialect.SQLITE:
        words = text("SELECT count(*) FROM chunk_words WHERE chunk_words MATCH 'lighthouse'")
        assert await stores.database.read(lambda c: c.one(words)) == (0,)


async def test_a_file_stays_as_long_as_a_document_has_it(
    stores: Stores, library: OpenLibrary
) -> None:
    first, _ = await library.add_all({"a.md": LIGHTHOUSE, "b.md": LIGHTHOUSE})
    await library.library.remove(ME, first.id)
    async with asyncio.timeout(20):
        while (await counts(stores))[0] > 1:
            await asyncio.sleep(0.01)
    # The lock of the account is free once the file has been dealt with.
    await library.upload("c.md", TAX.encode())
    assert len(list((library.folder / "files" / "me").iterdir())) == 2


async def test_a_failure_is_kept_and_can_be_tried_again(library: OpenLibrary) -> None:
    broken = await library.add("a.pdf", b"%PDF-1.4 nothing")
    assert (broken.state, broken.reason_code) == (DocumentState.FAILED, "broken")
    assert broken.reason == "The file is damaged."
    again = await library.upload("a.pdf", b"%PDF-1.4 nothing")
    assert (again.id, again.state, again.reason) == (broken.id, DocumentState.QUEUED, None)


async def test_documents_are_listed_newest_first(stores: Stores, library: OpenLibrary) -> None:
    for n in range(5):
        stores.clock.time += 1
        await library.upload(f"{n}.txt", f"Number {n}".encode())
    listed, before = await library.library.page(ME, 2)
    names = [each.name for each in listed]
    while before:
        listed, before = await library.library.page(ME, 2, before)
        names += [each.name for each in listed]
    assert names == ["4.txt", "3.txt", "2.txt", "1.txt", "0.txt"]
    assert await library.library.page(SOMEBODY_ELSE, 2) == ([], None)


@pytest.mark.parametrize("name", ["", "..", "a\n.txt", "x" * 256, "folder/"])
async def test_names_that_cannot_be_kept(library: OpenLibrary, name: str) -> None:
    if name == "folder/":
        assert (await library.upload(name, b"x")).name == "folder"
        return
    with pytest.raises(InvalidInput):
        await library.upload(name, b"x")


async def test_a_document_that_is_removed_is_read_no_further(
    stores: Stores, library: OpenLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, stopped = asyncio.Event(), asyncio.Event()

    async def hang(file: Path, name: str) -> list[Page]:
        reading.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()
        raise UnreadableFile("never")

    monkeypatch.setattr(
        library.knowledge.indexer, "_reader", type("R", (), {"read": staticmethod(hang)})()
    )
    document = await library.upload("a.md", LIGHTHOUSE.encode())
    await reading.wait()
    await library.library.remove(ME, document.id)
    async with asyncio.timeout(20):
        await stopped.wait()
    monkeypatch.undo()
    assert (await library.add("b.md", TAX)).state is DocumentState.READY
    assert (await library.library.page(ME, 5))[0][0].name == "b.md"


async def test_another_embedder_takes_over_in_the_background(
    stores: Stores, tmp_path: Path
) -> None:
    first, second = WordEmbedder("test/first"), WordEmbedder("test/second")
    async with open_library(stores, tmp_path, first) as library:
        await library.add_all({"a.md": LIGHTHOUSE, "b.md": TAX})
    second.may_go_on.clear()
    async with open_library(stores, tmp_path, second, first) as library:
        assert await found(library, "Who keeps the lighthouse?") == ["a.md", "b.md"]
        # While the new one is at work the old index answers.
        assert first.calls[-1] == ["Who keeps the lighthouse?"]
        assert second.calls == []
        second.may_go_on.set()
        async with asyncio.timeout(20):
            while await library.store.models(ME) != ["test/second"]:
                await asyncio.sleep(0.01)
        assert await found(library, "Who keeps the lighthouse?") == ["a.md", "b.md"]
        assert second.calls[-1] == ["Who keeps the lighthouse?"]
        # What is left of the old one is dropped after that.
        count = text("SELECT count(*), count(DISTINCT model) FROM chunk_vector")
        async with asyncio.timeout(20):
            while await stores.database.read(lambda c: c.one(count)) != (2, 1):
                await asyncio.sleep(0.01)


async def test_what_was_half_done_is_done_at_the_next_start(stores: Stores, tmp_path: Path) -> None:
    slow = WordEmbedder()
    many = "\n\n".join(f"# Part {n}\n\nThe lighthouse number {n} shines." for n in range(40))
    async with open_library(stores, tmp_path, slow) as library:
        slow.may_go_on.clear()
        document = await library.upload("a.md", many.encode())
        async with asyncio.timeout(20):
            while not (await library.library.find(ME, document.id)).chunks:
                await asyncio.sleep(0.01)
        half = await library.library.find(ME, document.id)
        assert (half.state, half.progress) == (DocumentState.READING, 0.1)
        assert await found(library, "lighthouse") == []
    async with open_library(stores, tmp_path) as library:
        ready = await library.settled(document.id)
        assert (ready.state, ready.indexed) == (DocumentState.READY, half.chunks)
        assert await found(library, "lighthouse") == ["a.md"]
    assert (await counts(stores))[2:] == [half.chunks, half.chunks]


async def test_what_was_half_stored_is_stored_anew(stores: Stores, tmp_path: Path) -> None:
    async with open_library(stores, tmp_path) as library:
        await library.add("other.md", TAX)
        store, folder = library.store, library.folder
    blobs = BlobFolder(folder / "files")
    sha256, size = await blobs.put(ME, io.BytesIO(LIGHTHOUSE.encode()))
    document, _ = await store.add(ME, KeptFile("a.md", sha256, size))
    assert await store.next_to_read()
    page = Page(0, None, 0, "Half of something else")
    await store.add_text(ME, document.id, [page], list(chunks([page])))
    async with open_library(stores, tmp_path) as library:
        assert (await library.settled(document.id)).characters == len(LIGHTHOUSE)
        assert await library.store.text(ME, document.id, 0, 99) == LIGHTHOUSE
        assert await library.store.by_words(ME, ALL_DOCUMENTS, ["half"], 5) == []
    assert await counts(stores) == [2, 2, 2, 2]


async def test_files_nobody_knows_are_swept_up(stores: Stores, tmp_path: Path) -> None:
    async with open_library(stores, tmp_path) as library:
        await library.add("a.md", LIGHTHOUSE)
    folder = tmp_path / "files" / "me"
    [kept] = folder.iterdir()
    (folder / "0123.begun").write_bytes(b"half of it")
    (folder / ("0" * 64)).write_bytes(b"nobody's")
    others = tmp_path / "files" / "another database's"
    others.mkdir()
    (others / ("0" * 64)).write_bytes(b"to be kept")
    async with open_library(stores, tmp_path):
        assert list(folder.iterdir()) == [kept]
        assert len(list(others.iterdir())) == 1
    assert kept.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


async def test_an_import_finds_what_was_exported(
    stores: Stores, database_url: str, tmp_path: Path, migrated: Path
) -> None:
    async with open_library(stores, tmp_path) as library:
        await library.add("a.md", LIGHTHOUSE)
    file = tmp_path / "export"
    with source(locate(database_url, tmp_path)) as exported, file.open("wb") as out:
        export(exported, out, lambda done, total: None)
    copied = tmp_path / "copy.db"
    shutil.copy(migrated, copied)
    with target(SqliteFile(copied)) as imported, file.open("rb") as read:
        load(read, imported, lambda done, total: None)
    async with (
        open_stores(f"sqlite:///{copied}") as others,
        open_library(others, tmp_path) as there,
    ):
        assert await there.store.by_words(ME, ALL_DOCUMENTS, ["lighthouse"], 5)
        assert await found(there, "Who keeps the lighthouse?") == ["a.md"]
