"""Fields that chat completions and responses share."""

from typing import Annotated

from pydantic import BaseModel, Field, StrictBool, StringConstraints

from parlez.core.ports.chat_model import Tool
from parlez.http.fields import JsonObject, Label, Text

MetadataKey = Annotated[Text, StringConstraints(max_length=64)]
MetadataValue = Annotated[Text, StringConstraints(max_length=512)]
Metadata = Annotated[
    dict[MetadataKey, MetadataValue],
    Field(
        max_length=16,
        description="Whatever you like. `conversation_id` ties the call to a conversation.",
    ),
]
Temperature = Annotated[float, Field(strict=True, ge=0, le=2)]
TopP = Annotated[float, Field(strict=True, ge=0, le=1)]
Penalty = Annotated[float, Field(strict=True, ge=-2, le=2)]
Tokens = Annotated[int, Field(strict=True, ge=1, le=100_000_000)]
Seed = Annotated[int, Field(strict=True, ge=-(2**63), lt=2**63)]
Bias = Annotated[float, Field(strict=True, ge=-100, le=100)]
Effort = Annotated[str, StringConstraints(pattern="^[a-z]{1,16}$")]
ToolName = Annotated[str, StringConstraints(pattern="^[A-Za-z0-9_.-]{1,128}$")]
CallId = Label


class Part(BaseModel):
    """A part of a message. Only parts of text can be read."""

    type: str = Field(examples=["text"])
    text: Text | None = None
    refusal: Text | None = None


class Function(BaseModel):
    """A function that the model may ask you to run."""

    name: ToolName
    description: Text | None = None
    parameters: JsonObject | None = Field(None, description="A JSON schema.")
    strict: StrictBool | None = None


def tool_of(function: Function) -> Tool:
    return Tool(
        name=function.name,
        description=function.description or "",
        parameters=function.parameters or {"type": "object", "properties": {}},
        strict=function.strict,
    )


class JsonSchema(BaseModel):
    """A schema that an answer keeps to, under a name of yours."""

    name: ToolName
    description: Text | None = None
    schema_: JsonObject | None = Field(None, alias="schema")
    strict: StrictBool | None = None
