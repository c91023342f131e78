"""What responses take and give.

See https://developers.openai.com/api/reference/resources/responses/methods/create
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from parlez.api.openai.fields import (
    CallId,
    Effort,
    Metadata,
    Part,
    Temperature,
    Tokens,
    ToolName,
    TopP,
)
from parlez.http.fields import Json, JsonObject, Label, Text
from parlez.http.source_fields import SourceFields


class InputItem(BaseModel):
    """A message, a call of a function, or its result."""

    type: str = Field("message", examples=["message"])
    role: Literal["system", "developer", "user", "assistant"] | None = Field(
        None, examples=["user"]
    )
    content: Text | list[Part] | None = Field(None, examples=["Hello!"])
    call_id: CallId | None = None
    name: ToolName | None = None
    arguments: Text | None = None
    output: Text | list[Part] | None = None


class FunctionTool(BaseModel):
    """A function that the model may ask you to run."""

    type: str = Field(examples=["function"])
    name: ToolName | None = None
    description: Text | None = None
    parameters: JsonObject | None = Field(None, description="A JSON schema.")
    strict: StrictBool | None = None


class TextFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    name: ToolName | None = None
    description: Text | None = None
    schema_: JsonObject | None = Field(None, alias="schema")
    strict: StrictBool | None = None


class TextConfig(BaseModel):
    format: TextFormat | None = None


class Reasoning(BaseModel):
    effort: Effort | None = None


class ConversationRef(BaseModel):
    id: Text


class CreateRequest(SourceFields):
    """A question to a model. Fields that are not listed are ignored, and those that ask for what
    cannot be done are refused by name."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={"examples": [{"model": "gpt-4o", "input": "Hello!"}]},
    )

    model: Text | None = Field(None, examples=["gpt-4o"])
    input: Text | list[InputItem] = Field(examples=["Hello!"])
    instructions: Text | None = Field(None, description="The system's words, for this once.")
    previous_response_id: Text | None = Field(None, description="Go on behind this response.")
    conversation: Text | ConversationRef | None = Field(
        None, description="Go on with this conversation."
    )
    stream: StrictBool | None = None
    background: StrictBool | None = Field(None, description="Answer before the model does.")
    metadata: Metadata | None = None
    user: Label | None = Field(None, description="Your own name for whoever is talking.")
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_output_tokens: Tokens | None = None
    reasoning: Reasoning | None = None
    tools: list[FunctionTool] | None = None
    tool_choice: Json = Field(None, description="auto, none, required, or one function.")
    parallel_tool_calls: StrictBool | None = None
    text: TextConfig | None = None


class InputTokensDetails(BaseModel):
    cache_write_tokens: int
    cached_tokens: int


class OutputTokensDetails(BaseModel):
    reasoning_tokens: int


class ResponseUsage(BaseModel):
    input_tokens: int
    input_tokens_details: InputTokensDetails
    output_tokens: int
    output_tokens_details: OutputTokensDetails
    total_tokens: int


class ResponseError(BaseModel):
    code: str
    message: str


class IncompleteDetails(BaseModel):
    reason: str


class ResponseObject(BaseModel):
    """A response, which is a turn."""

    id: str
    object: Literal["response"]
    created_at: int
    status: Literal["queued", "in_progress", "completed", "incomplete", "cancelled", "failed"]
    background: bool
    conversation: ConversationRef
    error: ResponseError | None
    incomplete_details: IncompleteDetails | None
    instructions: str | None
    max_output_tokens: int | None
    metadata: dict[str, str]
    model: str
    output: list[dict[str, Any]] = Field(description="Messages and calls of functions.")
    parallel_tool_calls: bool
    previous_response_id: str | None
    reasoning: dict[str, Any]
    store: bool
    temperature: float | None
    text: dict[str, Any]
    tool_choice: Any
    tools: list[dict[str, Any]]
    top_p: float | None
    truncation: str
    usage: ResponseUsage | None
    user: str | None


class DeletedResponse(BaseModel):
    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True
