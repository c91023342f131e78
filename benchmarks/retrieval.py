"""How often the right paragraph is found, through the API, on XQuAD:
`python -m benchmarks.retrieval xquad.en.json`. Half of the questions are asked once more of all
articles but their own, to see what is still taken for an answer."""

import argparse
import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks import servers
from benchmarks.load import quantile

AT_ONCE = 4
"""Questions asked side by side."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, and the article and place of the paragraph that answers it."""

    text: str
    document_id: str
    start: int
    end: int


class Library:
    def __init__(self, client: aiohttp.ClientSession, url: str):
        self._client = client
        self._url = f"{url}/api/documents"
        self.times: list[float] = []

    async def upload(self, name: str, text: str) -> str:
        form = aiohttp.FormData()
        form.add_field("file", text.encode(), filename=name)
        async with self._client.post(self._url, data=form) as answer:
            return str((await answer.json())["id"])

    async def until_ready(self, documents: int) -> None:
        while True:
            async with self._client.get(self._url, params={"limit": 200}) as answer:
                listed = (await answer.json())["documents"]
            if sum(each["state"] == "ready" for each in listed) == documents:
                return
            await asyncio.sleep(0.2)

    async def search(self, query: str, documents: Sequence[str] | None = None) -> list[Any]:
        began = time.perf_counter()
        body = {"query": query, "limit": 10, "documents": documents}
        async with self._client.post(f"{self._url}/search", json=body) as answer:
            passages: list[Any] = (await answer.json())["passages"]
        self.times.append(time.perf_counter() - began)
        return passages


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("data", type=Path, help="XQuAD in English, in SQuAD's format")
    parser.add_argument("--database-url", help="measure on this database instead of SQLite")
    arguments = parser.parse_args()
    articles = json.loads(arguments.data.read_text())["data"]
    with servers.parlez("http://127.0.0.1:9/v1", arguments.database_url) as parlez:
        headers = {"Authorization": f"Bearer {parlez.key}"}
        url = f"http://127.0.0.1:{parlez.port}"
        asyncio.run(_run(articles, url, headers))
        print(f"memory with the embedder loaded: {parlez.memory_bytes() / 1e6:.0f} MB")


async def _run(articles: Sequence[Any], url: str, headers: dict[str, str]) -> None:
    async with aiohttp.ClientSession(headers=headers) as client:
        library = Library(client, url)
        began = time.perf_counter()
        questions = [
            question for article in articles for question in await _upload(library, article)
        ]
        await library.until_ready(len(articles))
        print(f"{len(articles)} articles ready after {time.perf_counter() - began:.0f} s")
        await _print_found(library, questions)
        await _print_left_out(library, questions[::2])


async def _upload(library: Library, article: Any) -> list[Question]:
    text = f"# {article['title'].replace('_', ' ')}\n\n"
    asked: list[tuple[str, int, int]] = []
    for paragraph in article["paragraphs"]:
        start = len(text)
        text += paragraph["context"]
        asked += [(each["question"], start, len(text)) for each in paragraph["qas"]]
        text += "\n\n"
    document_id = await library.upload(f"{article['title']}.md", text)
    return [Question(question, document_id, start, end) for question, start, end in asked]


async def _print_found(library: Library, questions: Sequence[Question]) -> None:
    library.times.clear()
    ranks: list[int] = []
    answered = 0
    for some in _batches(questions):
        for question, found in zip(
            some, await asyncio.gather(*(library.search(q.text) for q in some)), strict=True
        ):
            ranks.append(_rank(question, found))
            answered += any(each["relevant"] for each in found)
    total = len(questions)
    for most in (1, 5):
        print(f"hit@{most} {sum(rank < most for rank in ranks) / total:.3f}")
    print(f"answerable but refused {1 - answered / total:.3f}")
    p50, p99 = quantile(library.times, 0.5), quantile(library.times, 0.99)
    print(f"a search, {AT_ONCE} at once: p50 {p50 * 1000:.0f} ms   p99 {p99 * 1000:.0f} ms")


async def _print_left_out(library: Library, questions: Sequence[Question]) -> None:
    documents = {question.document_id for question in questions}
    taken = 0
    for question in questions:
        others = sorted(documents - {question.document_id})
        taken += any(each["relevant"] for each in await library.search(question.text, others))
    print(f"left out but taken for answered {taken / len(questions):.3f}")


def _rank(question: Question, found: Sequence[Any]) -> int:
    """At which place the first chunk of the paragraph comes, from 0."""
    for place, each in enumerate(found):
        is_there = each["start"] < question.end and each["end"] > question.start
        if each["document_id"] == question.document_id and is_there:
            return place
    return len(found)


def _batches(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), AT_ONCE):
        yield questions[start : start + AT_ONCE]


if __name__ == "__main__":
    main()
