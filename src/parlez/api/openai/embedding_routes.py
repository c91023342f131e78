"""Embeddings."""

import struct
from base64 import b64encode
from collections.abc import Sequence

from fastapi import APIRouter, Request

from parlez.api.openai.embedding_schemas import (
    MOST_TEXTS,
    Embedding,
    EmbeddingList,
    EmbeddingsRequest,
    EmbeddingUsage,
)
from parlez.api.openai.errors import ErrorResponse
from parlez.api.openai.refusals import unsupported
from parlez.core.errors import InvalidInput
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services
from parlez.http.turn_headers import note_limits

router = APIRouter(prefix="/v1", tags=["openai"], route_class=JsonRoute)


@router.post(
    "/embeddings",
    summary="Embed texts",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 429, 502, 503, 504),
)
async def embed(request: Request, body: EmbeddingsRequest, caller: DataCaller) -> EmbeddingList:
    """A vector of length 1 for each text: those that mean the same lie close together. The embedded
    model reads the first 256 tokens of a text."""
    inside = services(request)
    texts = _texts(body)
    made = await inside.embedding.embed(caller, body.model, texts, body.dimensions)
    note_limits(request, inside.admission.allowances(caller))
    told = made.embeddings
    return EmbeddingList(
        data=[
            Embedding(index=index, embedding=_written(vector, body.encoding_format))
            for index, vector in enumerate(told.vectors)
        ],
        model=made.model,
        usage=EmbeddingUsage(prompt_tokens=told.tokens, total_tokens=told.tokens),
    )


def _texts(body: EmbeddingsRequest) -> Sequence[str]:
    given = [body.input] if isinstance(body.input, str) else body.input
    if not given or len(given) > MOST_TEXTS:
        raise InvalidInput(f"input: send one text, or up to {MOST_TEXTS:,}.", param="input")
    texts = [each for each in given if isinstance(each, str)]
    if len(texts) < len(given):
        raise unsupported(
            "input",
            "Tokens cannot be embedded here: they belong to another model. Send the texts "
            "themselves, as strings.",
        )
    if not all(texts):
        raise InvalidInput("input: a text may not be empty.", param="input")
    return texts


def _written(vector: list[float], form: str | None) -> list[float] | str:
    if form != "base64":
        return vector
    return b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()
