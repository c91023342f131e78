"""What embeddings take and give.

See https://developers.openai.com/api/reference/resources/embeddings/methods/create
"""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictInt

from parlez.http.fields import Label, Text

MOST_TEXTS = 2_048

Tokens = list[StrictInt]


class EmbeddingsRequest(BaseModel):
    model: Label = Field(examples=["local/all-MiniLM-L6-v2"])
    input: Annotated[
        Text | list[Text] | Tokens | list[Tokens],
        Field(
            description=f"A text, or up to {MOST_TEXTS:,}. Tokens belong to a model, and cannot be "
            "embedded by another.",
            examples=["The quick brown fox"],
        ),
    ]
    encoding_format: Literal["float", "base64"] | None = Field(
        None, description="base64: floats of 32 bits, the least significant byte first."
    )
    dimensions: Annotated[int, Field(strict=True, ge=1, le=100_000)] | None = Field(
        None, description="For models whose vectors may be cut short."
    )
    user: Label | None = None


class Embedding(BaseModel):
    object: Literal["embedding"] = "embedding"
    index: int
    embedding: list[float] | str


class EmbeddingUsage(BaseModel):
    prompt_tokens: int
    total_tokens: int


class EmbeddingList(BaseModel):
    object: Literal["list"] = "list"
    data: list[Embedding]
    model: str
    usage: EmbeddingUsage
