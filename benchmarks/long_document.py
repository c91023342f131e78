"""A long PDF, read and answered from while others talk: `python -m benchmarks.long_document
xquad.en.json`.

Each of its 200 pages holds one paragraph of XQuAD between made-up text. While it is read and
embedded, 20 plain turns a second come in at an even pace, answered by a mock model; then questions
about single pages are searched, and some answered by the embedded model.
"""

import argparse
import asyncio
import os
import random
import time
from collections.abc import Sequence
from itertools import accumulate
from pathlib import Path

import aiohttp
import uvloop
from tests.support import files

from benchmarks import servers
from benchmarks.library import Library
from benchmarks.load import quantile
from benchmarks.mock_model import serve_mock
from benchmarks.pace import paced_turns
from benchmarks.retrieval import EMBEDDED
from benchmarks.servers import LOAD_CORE, Measured
from benchmarks.xquad import read_articles

PAGES = 200
WORDS_OF_A_PAGE = 400
LINE = 90
"""Characters."""

ASKED = 10
"""Questions that the embedded model answers."""

IDLE_SECONDS = 10
"""How long turns are timed while nothing is read."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.long_document", description=__doc__)
    parser.add_argument("data", type=Path, help="XQuAD in English, in SQuAD's format")
    arguments = parser.parse_args()
    pages, questions = _document(arguments.data)
    os.sched_setaffinity(0, {LOAD_CORE})
    uvloop.run(_run(files.pdf(pages), questions))


def _document(path: Path) -> tuple[list[str], list[str]]:
    """The pages, and a question about each."""
    chance = random.Random(7)
    vocabulary = [
        "".join(chance.choices("aeioulmnrst", k=chance.randint(3, 9))) for _ in range(5_000)
    ]
    weights = list(accumulate(1 / rank for rank in range(1, len(vocabulary) + 1)))
    pages: list[str] = []
    questions: list[str] = []
    for article in read_articles(path):
        asked = {each.start: each.text for each in reversed(article.questions)}
        for start, question in asked.items():
            paragraph = article.text[start:].partition("\n\n")[0]
            missing = max(WORDS_OF_A_PAGE - len(paragraph.split()), 0)
            filler = chance.choices(vocabulary, cum_weights=weights, k=missing)
            half = len(filler) // 2
            page = [*filler[:half], *paragraph.split(), *filler[half:]]
            pages.append(_lines(page).encode("cp1252", "ignore").decode("cp1252"))
            questions.append(question)
    return pages[:PAGES], questions[:PAGES]


def _lines(words: Sequence[str]) -> str:
    lines = [""]
    for word in words:
        if len(lines[-1]) + len(word) > LINE:
            lines.append("")
        lines[-1] += f"{word} "
    return "\n".join(lines)


async def _run(document: bytes, questions: Sequence[str]) -> None:
    async with serve_mock() as model_url:
        with servers.parlez(model_url) as parlez:
            headers = {"Authorization": f"Bearer {parlez.key}"}
            timeout = aiohttp.ClientTimeout(total=120)
            async with aiohttp.ClientSession(headers=headers, timeout=timeout) as client:
                library = Library(client, f"http://127.0.0.1:{parlez.port}")
                await _measure(parlez, library, document, questions)
            print(f"memory: {parlez.memory_bytes() / 1e6:.0f} MB")


async def _measure(
    parlez: Measured, library: Library, document: bytes, questions: Sequence[str]
) -> None:
    idle = await paced_turns(parlez, asyncio.create_task(asyncio.sleep(IDLE_SECONDS)))
    _print_times("with nothing to read", idle)
    began = time.perf_counter()
    document_id = await library.upload("report.pdf", document)
    reading = asyncio.create_task(library.until_ready([document_id]))
    busy = await paced_turns(parlez, reading)
    seconds = time.perf_counter() - began
    print(f"{len(questions)} pages, {len(document) / 1e6:.1f} MB: ready after {seconds:.0f} s")
    _print_times("while it was read", busy)
    found = [await library.search(question) for question in questions]
    right = sum(each[0]["page"] == page for page, each in enumerate(found, 1) if each)
    print(f"questions whose best passage is on their page: {right} of {len(questions)}")
    cited = exact = 0
    for page in range(1, PAGES + 1, PAGES // ASKED):
        answer = await library.ask(questions[page - 1], [document_id], EMBEDDED)
        if answer["citations"]:
            cited += 1
            exact += answer["citations"][0]["page"] == page
    print(f"{ASKED} answers of the embedded model: {cited} cite, {exact} of them the right page")


def _print_times(name: str, times: list[float]) -> None:
    p50, p99 = quantile(times, 0.5), quantile(times, 0.99)
    print(f"{len(times)} turns {name}: p50 {p50:.1f} ms   p99 {p99:.1f} ms")


if __name__ == "__main__":
    main()
