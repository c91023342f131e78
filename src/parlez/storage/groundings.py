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
    if sources.everything:
        return _ALL
    if sources.assistant_id is None:
        return json.dumps(sources.document_ids)
    return json.dumps({"assistant": sources.assistant_id, "documents": sources.document_ids})


def read_sources(text: str | None) -> Sources | None:
    if text is None:
        return None
    if text == _ALL:
        return ALL_DOCUMENTS
    kept = json.loads(text)
    if isinstance(kept, list):
        return Sources(tuple(kept))
    named = kept["documents"]
    return Sources(None if named is None else tuple(named), kept["assistant"])


def write_citations(citations: Sequence[Citation]) -> str | None:
    return json.dumps([asdict(each) for each in citations]) if citations else None


def read_citations(text: str | None) -> tuple[Citation, ...]:
    return tuple(Citation(**each) for each in json.loads(text)) if text else ()
