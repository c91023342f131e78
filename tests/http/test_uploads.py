"""Documents through the door: who may, what is refused, and what is shown on the way."""

from pathlib import Path
from typing import Any

import aiohttp
from tests.support import files
from tests.support.people import hash_quickly, member, owner
from tests.support.server import Running, run_server, text_of
from tests.support.uploads import document_of, ready_document, settled, upload
from tests.support.vendor import Reply, Vendor

from parlez.core.identity import Scope
from parlez.core.retrieval import ALL_DOCUMENTS
from parlez.core.turns import TurnRequest

PAGES = [
    "The lighthouse of Brest was lit in 1902.\nIts keeper has a cat.",
    "A tax is money that a state takes.",
]


async def search(parlez: Running, query: str, **more: Any) -> list[dict[str, Any]]:
    answer = await parlez.call("POST", "/api/documents/search", {"query": query, **more})
    assert answer.status == 200, answer.body
    passages: list[dict[str, Any]] = answer.body["passages"]
    return passages


async def test_a_file_is_read_and_found_on_its_page(parlez: Running) -> None:
    made = await upload(parlez, "report.pdf", files.pdf(PAGES))
    assert made.status == 201, made.body
    assert (made.body["name"], made.body["progress"]) == ("report.pdf", 0)
    ready = await settled(parlez, made.body["id"])
    assert (ready["state"], ready["pages"], ready["progress"]) == ("ready", 2, 1.0)
    for question, page in (("When was the lighthouse lit?", 1), ("Who takes taxes?", 2)):
        best = (await search(parlez, question))[0]
        assert (best["page"], best["relevant"], best["document_id"]) == (page, True, ready["id"])
        assert 0 < best["score"] <= 1
    assert len(await search(parlez, "lighthouse tax", limit=1)) == 1
    again = await upload(parlez, "report.pdf", files.pdf(PAGES))
    assert (again.status, again.body) == (200, ready)
    gone = await parlez.call("DELETE", f"/api/documents/{ready['id']}")
    assert gone.status == 204
    assert await search(parlez, "When was the lighthouse lit?") == []
    assert (await parlez.call("GET", f"/api/documents/{ready['id']}")).status == 404


async def test_a_failure_is_shown_with_its_reason(parlez: Running) -> None:
    made = await upload(parlez, "report.pdf", files.pdf(PAGES, password="secret"))
    failed = await settled(parlez, made.body["id"])
    assert (failed["state"], failed["reason_code"]) == ("failed", "encrypted")
    assert failed["reason"] == "The file is protected by a password."
    assert (await parlez.call("GET", "/api/documents")).body["documents"] == [failed]


async def test_what_is_no_upload_is_refused(parlez: Running) -> None:
    assert (await parlez.call("POST", "/api/documents", {"file": "x"})).status == 415
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    path = "/api/documents"
    broken = await parlez.call("POST", path, data=b"--b\r\nnonsense", headers=form)
    assert broken.status == 400
    none = aiohttp.FormData({"file": "text"}, default_to_multipart=True)
    assert (await parlez.call("POST", path, data=none)).status == 400
    assert (await upload(parlez, "", b"x")).status == 400
    two = aiohttp.FormData()
    for name in ("a.txt", "b.txt"):
        two.add_field("file", b"x", filename=name)
    assert (await parlez.call("POST", path, data=two)).status == 400
    for body in ({"query": " "}, {"query": "x", "limit": 0}, {"query": "x" * 4_001}, {}):
        assert (await parlez.call("POST", f"{path}/search", body)).status == 400
    unknown = {"query": "x", "documents": ["none"]}
    assert (await parlez.call("POST", f"{path}/search", unknown)).status == 404


async def test_a_file_that_is_too_large_is_refused(data_dir: Path) -> None:
    async with run_server(data_dir, max_upload_bytes=20_000, max_body_bytes=1_024) as parlez:
        statuses = [
            (await upload(parlez, "a.txt", b"x " * thousands * 500)).status
            for thousands in (18, 22)
        ]
        assert statuses == [201, 413]
        other = await parlez.call("POST", "/api/keys", {"name": "x" * 2_000})
        assert other.status == 413


async def test_nobody_sees_what_is_somebody_elses(data_dir: Path, vendor: Vendor) -> None:
    async with run_server(data_dir) as parlez:
        hash_quickly(parlez)
        ada = await owner(parlez)
        eve = await member(parlez, "eve")
        mine = await document_of(parlez, ada.headers)
        its = f"/api/documents/{mine}"
        for method in ("GET", "DELETE"):
            assert (await eve.call(method, its)).body == (
                await eve.call(method, its.replace(mine, "0" * 32))
            ).body
            assert (await eve.call(method, its)).status == 404
        for more in ({"documents": [mine]}, {}):
            found = await eve.call("POST", "/api/documents/search", {"query": "text", **more})
            assert found.status == (404 if more else 200)
            assert "Some text" not in str(found.body)
        assert (await eve.call("GET", f"/api/documents?before={mine}")).status == 404
        hers = await document_of(parlez, eve.headers)
        assert (await eve.call("DELETE", f"/api/documents/{hers}")).status == 204
        still = await ada.call("POST", "/api/documents/search", {"query": "text"})
        assert [each["document_id"] for each in still.body["passages"]] == [mine]


async def test_an_account_takes_its_files_along(data_dir: Path, vendor: Vendor) -> None:
    async with run_server(data_dir) as parlez:
        hash_quickly(parlez)
        ada = await owner(parlez)
        eve = await member(parlez, "eve")
        await document_of(parlez, ada.headers)
        await document_of(parlez, eve.headers)
        folder = parlez.server.folder.path / "files"
        assert len(list(folder.glob("*/*"))) == 2
        erased = await parlez.services.accounts.erase(eve.scope)
        counted = {name: erased[name] for name in ("document", "chunk", "chunk_vector", "file")}
        assert set(counted.values()) == {1}
        assert [path.parent.name for path in folder.glob("*/*")] == [ada.scope.account_id]


async def test_citations_come_with_the_stream_and_stay(parlez: Running, vendor: Vendor) -> None:
    """Until a dialect asks for sources, a turn that has some is started from within."""
    await ready_document(parlez, "report.pdf", files.pdf(PAGES))
    said = "The lighthouse of Brest was lit in 1902 [1]."
    vendor.reply = lambda _: Reply([said])
    inside = parlez.services
    scope: Scope = inside.accounts.first
    asked = TurnRequest("When was the lighthouse lit?", stream=True, sources=ALL_DOCUMENTS)
    started = await inside.engine.start(scope, asked)
    path = f"/turns/{started.turn.id}"
    events = await parlez.stream("GET", f"{path}/events")
    assert text_of(events) == said
    cited = [event.data for event in events if event.type == "citation-added"]
    turn = (await parlez.call("GET", path)).body
    assert turn["citations"] == cited
    assert cited[0]["page"] == 1
    assert cited[0]["quote"] == "The lighthouse of Brest was lit in 1902."
    assert [event.type for event in events][-1] == "turn-ended"
    last = next(event.id for event in events if event.type == "citation-added")
    rest = await parlez.stream("GET", f"{path}/events", headers={"Last-Event-ID": last})
    assert [event.type for event in rest] == ["usage-reported", "turn-ended"]
