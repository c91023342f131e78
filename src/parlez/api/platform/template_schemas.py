"""Templates as JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from parlez.api.platform.fields import MOST_PROMPT, UserId
from parlez.http.fields import MessageText, Text

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,64}$", examples=["travel_guide"])]


class TemplateContent(BaseModel):
    """A system prompt in which `{{name}}` stands for a variable."""

    display_name: Annotated[Text, Field(max_length=255)] | None = None
    description: Annotated[Text, Field(max_length=4_096)] = ""
    system_prompt: Annotated[
        MessageText,
        Field(
            max_length=MOST_PROMPT,
            examples=["You know {{city}} inside out. Answer in {{language}}."],
        ),
    ]
    variables: list[str] | None = Field(
        None,
        description="The names of the variables; without it those that have a place in the prompt.",
        examples=[["city", "language"]],
    )
    defaults: dict[str, Text] = Field(
        {},
        description="What variables are that are not given. Those without a default must be.",
        examples=[{"language": "English"}],
    )
    example_usage: Annotated[Text, Field(max_length=4_096)] = ""


class CreateTemplateRequest(TemplateContent):
    name: Name


class TemplateSummary(BaseModel):
    id: str
    name: str
    display_name: str
    description: str
    variables: list[str]
    read_only: bool = Field(description="Whether it came with Parlez.")


class TemplateResponse(TemplateSummary):
    system_prompt: str
    defaults: dict[str, str]
    example_usage: str


class TemplatesResponse(BaseModel):
    templates: list[TemplateSummary]


class DeletedTemplateResponse(BaseModel):
    status: Literal["success"] = "success"
    message: str = "Template deleted successfully"


class UseTemplateRequest(BaseModel):
    template_name: Annotated[str, Field(max_length=255, examples=["expert_assistant"])]
    variables: dict[str, Text] = {}
    user_id: UserId | None = None


class UseTemplateResponse(BaseModel):
    status: Literal["success"] = "success"
    conversation_id: str
    template: str
    system_prompt: str = Field(description="What the template came to.")
