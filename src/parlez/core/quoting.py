"""Answering with the documents' own sentences, for models that are too small to read them."""

from collections.abc import Iterator, Sequence

from parlez.core.pictures import without_pictures
from parlez.core.retrieval import Passage
from parlez.core.sentences import statements
from parlez.core.words import coverage

MOST = 2
"""Sentences of one answer."""

WORTH = 0.5
"""What another sentence must have of the question to be quoted too, as a share of what the best one
has of it."""

PASSAGE_SHARE = 2.0
"""What the score of its passage counts for beside a sentence's own fit."""


def quote(question: str, passages: Sequence[Passage]) -> str:
    """The sentences of the relevant passages that fit a question best, a line each, in quotation
    marks."""
    fits = {
        sentence: (coverage(question, sentence), score) for sentence, score in _sentences(passages)
    }

    def worth(sentence: str) -> float:
        fit, score = fits[sentence]
        return fit + PASSAGE_SHARE * score

    best = sorted(fits, key=worth, reverse=True)[:MOST]
    kept = [each for each in best if fits[each][0] >= WORTH * fits[best[0]][0]]
    return "\n".join(f"“{each}”" for each in kept)


def _sentences(passages: Sequence[Passage]) -> Iterator[tuple[str, float]]:
    """Those of the worst passage first, so that what stands in several goes by the best."""
    for passage in reversed(passages):
        if passage.relevant:
            for start, end in statements(passage.text):
                text = without_pictures(passage.text[start:end])
                if sentence := " ".join(text.split()):
                    yield sentence, passage.score
