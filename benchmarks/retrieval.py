"""How often the right paragraph is found and cited, through the API, on XQuAD:
`python -m benchmarks.retrieval xquad.en.json`.

Every question is searched. 200 of them are asked once more of all articles but their own, to see
what is still taken for an answer. Then 100 are answered, to see what is cited, by the embedded
model and by one that knows the answers.
"""

import argparse
import asyncio
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import uvloop

from benchmarks import servers
from benchmarks.knowing_model import serve_knowing
from benchmarks.library import Library
from benchmarks.load import quantile
from benchmarks.paragraphs import Paragraphs
from benchmarks.xquad import Article, Question, read_articles
from parlez.core.grounding import NOT_IN_THE_DOCUMENTS

AT_ONCE = 4
"""Questions asked side by side."""

LEFT_OUT, ANSWERED = 200, 100
EMBEDDED = "smollm2-135m"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.retrieval", description=__doc__)
    parser.add_argument("data", type=Path, help="XQuAD in English, in SQuAD's format")
    parser.add_argument("--database-url", help="measure on this database instead of SQLite")
    arguments = parser.parse_args()
    uvloop.run(_run(read_articles(arguments.data), arguments.database_url))


async def _run(articles: Sequence[Article], database_url: str | None) -> None:
    known = {each.text: each.answer for article in articles for each in article.questions}
    async with serve_knowing(known) as model_url:
        with servers.parlez(model_url, database_url) as parlez:
            headers = {"Authorization": f"Bearer {parlez.key}"}
            timeout = aiohttp.ClientTimeout(total=600)
            async with aiohttp.ClientSession(headers=headers, timeout=timeout) as client:
                await _measure(Library(client, f"http://127.0.0.1:{parlez.port}"), articles)
            print(f"memory with the embedder loaded: {parlez.memory_bytes() / 1e6:.0f} MB")


async def _measure(library: Library, articles: Sequence[Article]) -> None:
    ids = {
        each.name: await library.upload(f"{each.name}.md", each.text.encode()) for each in articles
    }
    await library.until_ready(list(ids.values()))
    questions = [question for article in articles for question in article.questions]
    print(f"{len(articles)} articles, {len(questions)} questions")
    _print_paragraphs(articles, questions)
    await _print_found(library, ids, questions)
    some = questions[:: len(questions) // LEFT_OUT][:LEFT_OUT]
    await _print_refused(library, ids, some)
    for name, model in (("the embedded model", EMBEDDED), ("a model that knows them", None)):
        print(f"{ANSWERED} answers of {name}: ", end="")
        await _print_cited(library, ids, some[:: LEFT_OUT // ANSWERED], model)


def _print_paragraphs(articles: Sequence[Article], questions: Sequence[Question]) -> None:
    texts = [(each.name, text) for each in articles for text in each.paragraphs]
    named = {each.name: each.text for each in articles}
    paragraphs = Paragraphs([text for _, text in texts])
    ranks = []
    for question in questions:
        right = question.article, named[question.article][question.start : question.end]
        found = [texts[place] for place in paragraphs.find(question.text)]
        ranks.append(found.index(right) if right in found else len(found))
    _print_hits("whole paragraphs, ranks fused", ranks)


async def _print_found(
    library: Library, ids: Mapping[str, str], questions: Sequence[Question]
) -> None:
    library.times.clear()
    ranks: list[int] = []
    for some in _batches(questions):
        found = await asyncio.gather(*(library.search(each.text) for each in some))
        ranks += [_rank(each, ids, one) for each, one in zip(some, found, strict=True)]
    _print_hits("through the API", ranks)
    p50, p99 = quantile(library.times, 0.5), quantile(library.times, 0.99)
    print(f"a search, {AT_ONCE} at once: p50 {p50 * 1000:.0f} ms   p99 {p99 * 1000:.0f} ms")


async def _print_refused(
    library: Library, ids: Mapping[str, str], questions: Sequence[Question]
) -> None:
    refused = {"answerable": 0, "left out": 0}
    for question in questions:
        others = [id_ for name, id_ in ids.items() if name != question.article]
        for name, documents in (("answerable", list(ids.values())), ("left out", others)):
            answer = await library.ask(question.text, documents)
            refused[name] += answer["message"] == NOT_IN_THE_DOCUMENTS
    for name, count in refused.items():
        print(f"{name}: {count} of {len(questions)} answered that it is not in the documents")


async def _print_cited(
    library: Library, ids: Mapping[str, str], questions: Sequence[Question], model: str | None
) -> None:
    retrieved = cited = right = 0
    for question in questions:
        found = await library.search(question.text)
        answer = await library.ask(question.text, list(ids.values()), model)
        if _rank(question, ids, found) >= len(found) or not any(each["relevant"] for each in found):
            continue
        retrieved += 1
        if citations := answer["citations"]:
            cited += 1
            right += _rank(question, ids, citations[:1]) == 0
    print(
        f"{retrieved} had their paragraph, {cited} of those cite something, {right} cite that "
        "paragraph first"
    )


def _print_hits(name: str, ranks: Sequence[int]) -> None:
    hits = "  ".join(
        f"hit@{most} {sum(rank < most for rank in ranks) / len(ranks):.3f}" for most in (1, 5)
    )
    print(f"{name}: {hits}")


def _rank(question: Question, ids: Mapping[str, str], found: Sequence[Any]) -> int:
    """At which place the first piece of the question's paragraph comes, from 0."""
    for place, each in enumerate(found):
        is_there = each["start"] < question.end and each["end"] > question.start
        if each["document_id"] == ids[question.article] and is_there:
            return place
    return len(found)


def _batches(questions: Sequence[Question]) -> Iterator[Sequence[Question]]:
    for start in range(0, len(questions), AT_ONCE):
        yield questions[start : start + AT_ONCE]


if __name__ == "__main__":
    main()
