"""What a turn may draw on, and what its answer rests on, as JSON in its row."""

import json
from collections.abc import Sequence
from dataclasses import asdict

from parlez.core.citations import Citation
from parlez.core.retrieval import ALL_DOCUMENTS, Sources

_ALL = "all"


def write_sources(sources: Sources | None) -> str | None:
    if sources is None:
        return None
    return _ALL if sources.document_ids is None else json.dumps(sources.document_ids)


def read_sources(text: str | None) -> Sources | None:
    if text is None:
        return None
    return ALL_DOCUMENTS if text == _ALL else Sources(tuple(json.loads(text)))


def write_citations(citations: Sequence[Citation]) -> str | None:
    return json.dumps([asdict(each) for each in citations]) if citations else None


def read_citations(text: str | None) -> tuple[Citation, ...]:
    return tuple(Citation(**each) for each in json.loads(text)) if text else ()
