"""Vendors and models as rows of a TOML file, checked."""

import re
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from parlez.providers.variables import Source

Option = Literal[
    "temperature",
    "top_p",
    "stop",
    "seed",
    "frequency_penalty",
    "presence_penalty",
    "logit_bias",
    "reasoning_effort",
    "parallel_tool_calls",
]
"""An option that a model may not know."""


def _compiles(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    return pattern


Pattern = Annotated[str, AfterValidator(_compiles)]
Dollars = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Tokens = Annotated[int, Field(ge=1, le=100_000_000)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class VendorRow(_Row):
    """Who sells or runs models, and what is peculiar to talking to them.

    `docs/models.md` explains each field. `source` is where the row was read, which decides whose
    keys its address may get.
    """

    display_name: str
    wire_format: Literal["openai_chat", "anthropic"] = "openai_chat"
    base_url: str | None = None
    base_url_variables: tuple[str, ...] = ()
    base_url_path: str = ""
    default_port: int | None = Field(None, ge=1, le=65_535)
    key_variables: tuple[str, ...] = ()
    key_required: bool = True
    key_header: Literal["authorization", "api-key", "x-api-key"] = "authorization"
    chat_path: str | None = None
    headers: dict[str, str] = {}
    query: dict[str, str] = {}
    query_variables: dict[str, tuple[str, ...]] = {}
    max_tokens_field: str = "max_tokens"
    max_tokens_field_elsewhere: str | None = None
    seed_field: str | None = "seed"
    stream_options: bool = True
    overflow_patterns: tuple[Pattern, ...] = ()
    overflow_statuses: tuple[int, ...] = ()
    defaults: dict[str, Any] = {}
    retries: int = Field(2, ge=0, le=10)
    keep_alive: bool = True
    default_model: str | None = None
    source: Source = Field(Source.SHIPPED, exclude=True)

    @property
    def variables(self) -> tuple[str, ...]:
        """Every variable that this vendor is set up with."""
        queries = [name for names in self.query_variables.values() for name in names]
        return (*self.key_variables, *self.base_url_variables, *queries)

    @model_validator(mode="after")
    def _has_an_address(self) -> "VendorRow":
        if self.base_url is None and not self.base_url_variables:
            raise ValueError("needs base_url or base_url_variables")
        if self.key_required and not self.key_variables:
            raise ValueError("needs key_variables, or key_required = false")
        return self


class ModelRow(_Row):
    """A model that one vendor has.

    Prices are in US dollars per million tokens, None where nobody knows them.
    """

    display_name: str
    vendor: str
    vendor_name: str | None = None
    vendor_name_variables: tuple[str, ...] = ()
    context_tokens: Tokens
    output_tokens: Tokens
    prompt_price: Dollars | None = None
    completion_price: Dollars | None = None
    tools: bool = False
    json_mode: bool = Field(False, alias="json")
    images: bool = False
    ignores: tuple[Option, ...] = ()
    defaults: dict[str, Any] = {}
    fallback: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _fits_together(self) -> "ModelRow":
        if self.vendor_name is None and not self.vendor_name_variables:
            raise ValueError("needs vendor_name or vendor_name_variables")
        if (self.prompt_price is None) != (self.completion_price is None):
            raise ValueError("needs both prices or none")
        if self.output_tokens > self.context_tokens:
            raise ValueError("output_tokens is more than context_tokens")
        return self


class AliasRow(_Row):
    """A name for whichever of several models can be used, the first one first."""

    display_name: str
    first_of: tuple[str, ...] = Field(min_length=1)
    fallback: tuple[str, ...] = ()
