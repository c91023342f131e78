"""XQuAD in English: articles, and questions that one paragraph of them answers."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Question:
    """A question, its answer in the paragraph's words, and where in its article's text that
    paragraph stands."""

    text: str
    answer: str
    article: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Article:
    """`text` holds the paragraphs under the title, with an empty line before each."""

    name: str
    text: str
    paragraphs: Sequence[str]
    questions: Sequence[Question]


def read_articles(path: Path) -> list[Article]:
    """The articles of a file in SQuAD's format."""
    return [_article(each) for each in json.loads(path.read_text())["data"]]


def _article(data: Any) -> Article:
    name = data["title"]
    text = f"# {name.replace('_', ' ')}"
    questions: list[Question] = []
    for paragraph in data["paragraphs"]:
        text += "\n\n"
        start, end = len(text), len(text) + len(paragraph["context"])
        text += paragraph["context"]
        questions += [
            Question(each["question"], each["answers"][0]["text"], name, start, end)
            for each in paragraph["qas"]
        ]
    return Article(name, text, [each["context"] for each in data["paragraphs"]], questions)
