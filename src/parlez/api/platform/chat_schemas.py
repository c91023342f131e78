"""Talking, as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, StrictBool, model_validator

from parlez.api.platform.fields import Metadata, ModelName, Prompt, UserId
from parlez.api.platform.sampling import Sampling
from parlez.http.citations import CitationResponse
from parlez.http.fields import MessageText, Text
from parlez.http.source_fields import SourceFields

MOST_MESSAGES = 1_000

Stream = Annotated[
    StrictBool,
    Field(description="Send the answer as server-sent events while it is made."),
]
ConversationId = Annotated[
    str | None, Field(description="Go on with this conversation; without it one is begun.")
]


class TemplateUse(BaseModel):
    """A template and what to fill in."""

    name: Annotated[str, Field(max_length=255, examples=["expert_assistant"])]
    variables: dict[str, Text] = {}


class TurnOptions(Sampling, SourceFields):
    """What may be said about any answer."""

    model: ModelName | None = None
    user_id: UserId | None = None
    stream: Stream = False


class NewTurn(TurnOptions):
    """What may be said about an answer in a new or known conversation."""

    conversation_id: ConversationId = None
    template: TemplateUse | None = Field(
        None, description="Makes the system prompt. Send either this or a prompt of your own."
    )
    metadata: Metadata | None = Field(None, description="Kept with a new conversation.")


class ChatRequest(NewTurn):
    message: Annotated[
        MessageText,
        Field(description="What the user says.", examples=["Hello, how can you help me?"]),
    ]
    system_prompt: Prompt | None = Field(
        None, description="Of a new conversation; in one that is known it holds for this answer."
    )

    @model_validator(mode="after")
    def _one_prompt(self) -> "ChatRequest":
        if self.system_prompt and self.template:
            raise ValueError("send either system_prompt or template, not both")
        return self


class ChatMessage(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: MessageText


class CompletionRequest(NewTurn):
    """Messages whose last is the user's. The others begin a new conversation; one that is known has
    its own."""

    messages: Annotated[
        list[ChatMessage],
        Field(
            min_length=1,
            max_length=MOST_MESSAGES,
            examples=[[{"role": "user", "content": "Hello, how can you help me?"}]],
        ),
    ]

    @model_validator(mode="after")
    def _is_asked(self) -> "CompletionRequest":
        if self.messages[-1].role != "user":
            raise ValueError("the last of the messages must have the role user")
        if self.template and any(each.role == "system" for each in self.messages):
            raise ValueError("send either system messages or template, not both")
        return self


class Usage(BaseModel):
    prompt_tokens: int
    completion_tokens: int
    estimated: bool


class ChatResponse(BaseModel):
    message: str
    conversation_id: str
    message_id: str
    model: str
    state: str = Field(description="completed, or stopped if the answer was cut short on request.")
    usage: Usage | None
    citations: list[CitationResponse] = Field(description="What the answer rests on.")


class RegenerateRequest(TurnOptions):
    message_id: str | None = Field(
        None, description="The answer to make anew, or the message to answer; the last without it."
    )
    system_prompt: Prompt | None = Field(None, description="Holds for this answer.")


class ContinueRequest(TurnOptions):
    message_id: str | None = Field(
        None, description="The answer to go on with; the last without it."
    )
    system_prompt: Prompt | None = Field(None, description="Holds for this answer.")


class EditRequest(TurnOptions):
    message: Annotated[
        MessageText, Field(description="What the user says instead.", examples=["And in Italy?"])
    ]
    system_prompt: Prompt | None = Field(None, description="Holds for this answer.")


class StopResponse(BaseModel):
    status: Literal["success"] = "success"
    conversation_id: str
    stopped: int = Field(description="How many answers that waited or were being made.")
