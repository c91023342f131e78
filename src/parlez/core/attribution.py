"""Finding out what each sentence of an answer rests on.

A model that marks its sources names quotes by their number. What one does not mark is matched by
its words. Either way the quote is the sentence of the passage that says most of it, and what no
passage bears out gets no citation.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from parlez.core.citations import Citation
from parlez.core.retrieval import Passage
from parlez.core.sentences import sentences, statements
from parlez.core.words import coverage, telling_words

SUPPORT = 0.5
"""The share of a sentence's telling words that a passage must have to bear it out unasked."""

MARKED_SUPPORT = 0.2
"""… and to bear it out where the model says that it does."""

QUESTION_SHARE = 0.25
"""What the words of the question count for in finding the sentence to quote."""

MOST = 20
"""Citations of one answer."""

_MARK = re.compile(r"\[(\d{1,3})\]")

# What answers say of themselves stands in no document.
_OF_ITSELF = re.compile(
    r"\b(?:according|answers?|based|documents?|passages?|provided|questions?|quotes?|text)\b",
    re.IGNORECASE,
)


def attribute(question: str, answer: str, passages: Sequence[Passage]) -> list[Citation]:
    """The citations of an answer, in its order. Passages have the numbers from 1 on."""
    found: list[Citation] = []
    for start, end in sentences(answer):
        sentence = answer[start:end]
        said = _told(_MARK.sub(" ", sentence))
        if not telling_words(said):
            continue
        for passage in _supporting(said, _marked(sentence, passages), passages):
            quoted = _quoted(question, said, passage)
            found.append(replace(quoted, answer_start=start, answer_end=end))
    return found[:MOST]


def _told(said: str) -> str:
    """A sentence without what it says of itself, unless it says nothing else."""
    told = _OF_ITSELF.sub(" ", said)
    return told if telling_words(told) else said


def _marked(sentence: str, passages: Sequence[Passage]) -> list[Passage]:
    numbers = dict.fromkeys(int(mark) for mark in _MARK.findall(sentence))
    return [passages[number - 1] for number in numbers if 1 <= number <= len(passages)]


def _supporting(said: str, marked: Sequence[Passage], passages: Sequence[Passage]) -> list[Passage]:
    held = [each for each in marked if coverage(said, each.text) >= MARKED_SUPPORT]
    if held:
        return held
    able = [each for each in passages if coverage(said, each.text) >= SUPPORT]
    best = max(able, key=lambda each: coverage(said, each.text) + each.score, default=None)
    return [best] if best else []


def _quoted(question: str, said: str, passage: Passage) -> Citation:
    """The sentence of a passage that fits best."""
    start, end = max(
        statements(passage.text),
        key=lambda place: (
            _fit(question, said, passage.text[slice(*place)]),
            -place[0],
        ),
        default=(0, len(passage.text)),
    )
    return replace(
        passage.citation(),
        start=passage.start + start,
        end=passage.start + end,
        quote=passage.text[start:end],
    )


def _fit(question: str, said: str, sentence: str) -> float:
    return coverage(said, sentence) + QUESTION_SHARE * coverage(question, sentence)
