"""What chat completions take and give.

See https://developers.openai.com/api/reference/resources/chat/subresources/completions/methods/create
"""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool

from parlez.api.openai.fields import (
    Bias,
    CallId,
    Effort,
    Function,
    JsonSchema,
    Metadata,
    Part,
    Penalty,
    Seed,
    Temperature,
    Tokens,
    ToolName,
    TopP,
)
from parlez.http.citations import CitationResponse
from parlez.http.fields import Json, Label, Text
from parlez.http.source_fields import SourceFields


class CalledFunction(BaseModel):
    name: ToolName
    arguments: Text = Field(description="JSON text, as the model wrote it.")


class ToolCall(BaseModel):
    """A call of a tool, as the model made it."""

    id: CallId
    type: Literal["function"] = "function"
    function: CalledFunction


class Message(BaseModel):
    """What somebody said before, or says now."""

    role: Literal["system", "developer", "user", "assistant", "tool"] = Field(examples=["user"])
    content: Text | list[Part] | None = Field(None, examples=["Hello!"])
    refusal: Text | None = None
    tool_calls: list[ToolCall] | None = None
    tool_call_id: CallId | None = None


class Tool(BaseModel):
    type: str = Field(examples=["function"])
    function: Function | None = None


class ResponseFormat(BaseModel):
    type: Literal["text", "json_object", "json_schema"]
    json_schema: JsonSchema | None = None


class StreamOptions(BaseModel):
    include_usage: StrictBool | None = None


class ChatRequest(SourceFields):
    """A question to a model. Fields that are not listed are ignored, and those that ask for what
    cannot be done are refused by name."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [{"model": "gpt-4o", "messages": [{"role": "user", "content": "Hello!"}]}]
        },
    )

    model: Text | None = Field(None, examples=["gpt-4o"])
    messages: list[Message] = Field(min_length=1)
    stream: StrictBool | None = None
    stream_options: StreamOptions | None = None
    metadata: Metadata | None = None
    user: Label | None = Field(None, description="Your own name for whoever is talking.")
    temperature: Temperature | None = None
    top_p: TopP | None = None
    max_tokens: Tokens | None = None
    max_completion_tokens: Tokens | None = None
    stop: Text | list[Text] | None = None
    seed: Seed | None = None
    frequency_penalty: Penalty | None = None
    presence_penalty: Penalty | None = None
    logit_bias: dict[Text, Bias] | None = None
    reasoning_effort: Effort | None = None
    tools: list[Tool] | None = None
    tool_choice: Json = Field(None, description="auto, none, required, or one function.")
    parallel_tool_calls: StrictBool | None = None
    response_format: ResponseFormat | None = None


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class AnswerMessage(BaseModel):
    role: Literal["assistant"]
    content: str | None
    refusal: str | None
    tool_calls: list[ToolCall] | None = None
    citations: list[CitationResponse] | None = Field(
        None, description="What the answer rests on, where it was to rest on documents."
    )


class Choice(BaseModel):
    index: int
    message: AnswerMessage
    logprobs: None
    finish_reason: Literal["stop", "length", "tool_calls", "content_filter"]


class ChatCompletion(BaseModel):
    id: str
    object: Literal["chat.completion"]
    created: int
    model: str
    choices: list[Choice]
    usage: Usage | None
