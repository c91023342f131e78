"""Apps, as the platform spells them."""

import html
from typing import Annotated, Any

from fastapi import Request
from pydantic import AfterValidator, BaseModel, Field, StrictBool, StrictInt

from parlez.api.platform.fields import ModelName
from parlez.core.apps import App, Terms, read_origin
from parlez.core.errors import InvalidInput
from parlez.core.limits import CallLimit
from parlez.http.fields import Label, Text
from parlez.http.origins import own_url
from parlez.http.services import services
from parlez.http.times import iso_time

MOST_MODELS = 100
MOST_ORIGINS = 100
MOST_DOCUMENTS = 1_000
_HOUR, _DAY = 3_600, 86_400


def _origin(text: str) -> str:
    try:
        return read_origin(text)
    except InvalidInput as error:
        raise ValueError(error.message.partition(": ")[2]) from None


def _chosen(names: list[str]) -> list[str]:
    if not all(names):
        raise ValueError("a name may not be empty")
    return list(dict.fromkeys(names))


Calls = Annotated[StrictInt, Field(ge=1, le=1_000_000_000)]
Origin = Annotated[Text, Field(max_length=300), AfterValidator(_origin)]


class CallLimits(BaseModel):
    """Messages within any hour, and any day; null is without limit."""

    hour: Calls | None = None
    day: Calls | None = None


class AppLimits(BaseModel):
    """Those of one kind are set together: what is left out then is without limit."""

    visitor: CallLimits = Field(
        default=CallLimits(hour=60, day=200),
        description="Of each visitor: a key, or else an address.",
    )
    total: CallLimits = Field(
        default=CallLimits(day=2_000), description="Of all visitors together."
    )


Name = Annotated[Label, Field(description="What you call it.", examples=["Help desk"])]
Models = Annotated[
    list[ModelName],
    Field(min_length=1, max_length=MOST_MODELS, description="The models that visitors can choose."),
    AfterValidator(_chosen),
]
Documents = Annotated[
    list[Label],
    Field(max_length=MOST_DOCUMENTS, description="Ids of those that answers are to rest on."),
]
AssistantId = Annotated[
    StrictInt,
    Field(
        ge=1,
        le=2**31 - 1,
        description="The assistant that it answers as, from whose documents too.",
    ),
]
Origins = Annotated[
    list[Origin],
    Field(
        max_length=MOST_ORIGINS,
        description="Web pages that may call it, like `https://example.com`; `*` is all. With any, "
        "whoever sends no Origin needs a key.",
        examples=[["https://example.com"]],
    ),
]
DefaultModel = Annotated[
    ModelName, Field(description="The model of the embedded chat; else the first of `models`.")
]
KeyRequired = Annotated[
    StrictBool, Field(description="Whether its URL is not enough, and a key of yours is needed.")
]
AllowSystemPrompt = Annotated[
    StrictBool, Field(description="Whether visitors may send a `system_prompt`.")
]
AllowNoSearch = Annotated[StrictBool, Field(description="Whether visitors may send `no_search`.")]
Paused = Annotated[StrictBool, Field(description="Whether it answers nobody for now.")]


class CreateAppRequest(BaseModel):
    name: Name
    models: Models | None = Field(None, description="Else the model that answers by default.")
    default_model: DefaultModel | None = None
    assistant_id: AssistantId | None = None
    documents: Documents = []
    origins: Origins = []
    key_required: KeyRequired = False
    limits: AppLimits = AppLimits()
    allow_system_prompt: AllowSystemPrompt = False
    allow_no_search: AllowNoSearch = False
    paused: Paused = False

    def terms(self, usual_model: str) -> Terms:
        models = tuple(self.models or [self.default_model or usual_model])
        return Terms(
            models,
            self.default_model or models[0],
            tuple(self.documents),
            tuple(self.origins),
            self.key_required,
            _limits(self.limits.visitor),
            _limits(self.limits.total),
            self.allow_system_prompt,
            self.allow_no_search,
            self.assistant_id,
        )


class ChangeAppRequest(BaseModel):
    """What is not named stays as it is."""

    name: Name | None = None
    models: Models | None = None
    default_model: DefaultModel | None = None
    assistant_id: AssistantId | None = Field(None, description="null takes it away.")
    documents: Documents | None = None
    origins: Origins | None = None
    key_required: KeyRequired | None = None
    limits: AppLimits | None = None
    allow_system_prompt: AllowSystemPrompt | None = None
    allow_no_search: AllowNoSearch | None = None
    paused: Paused | None = None

    def changes(self) -> dict[str, Any]:
        """What of the terms is to be otherwise, by the names that they have."""
        asked = {
            "models": tuple(self.models) if self.models else None,
            "default_model": self.default_model,
            "document_ids": tuple(self.documents) if self.documents is not None else None,
            "origins": tuple(self.origins) if self.origins is not None else None,
            "key_required": self.key_required,
            **self._limit_changes(),
            "allow_system_prompt": self.allow_system_prompt,
            "allow_no_search": self.allow_no_search,
        }
        named: dict[str, Any] = {name: value for name, value in asked.items() if value is not None}
        if "assistant_id" in self.model_fields_set:
            named["assistant_number"] = self.assistant_id
        return named

    def _limit_changes(self) -> dict[str, Any]:
        """Those of visitors, and of all, each whole if it is named."""
        limits = self.limits or AppLimits()
        both = {"visitor": limits.visitor, "total": limits.total}
        named = limits.model_fields_set
        return {f"{kind}_limits": _limits(both[kind]) for kind in both if kind in named}


class AppResponse(BaseModel):
    id: str
    name: str
    url: str = Field(description="Where it is reached. Whoever knows it can talk with the app.")
    chat_url: str | None = Field(
        description="A page to talk with it; null where a key is required, which pages do not have."
    )
    snippet: str | None = Field(
        description="HTML that puts the chat on a page of its origins; null likewise."
    )
    models: list[str]
    default_model: str
    assistant_id: int | None
    documents: list[str]
    origins: list[str]
    key_required: bool
    limits: AppLimits
    allow_system_prompt: bool
    allow_no_search: bool
    paused: bool
    user_id: str = Field(description="Whom its conversations are listed under.")
    created_at: str
    updated_at: str


class AppsResponse(BaseModel):
    apps: list[AppResponse]
    before: str | None = Field(
        description="Ask again with this to get those before these; null if there are none."
    )


def app(request: Request, found: App) -> AppResponse:
    terms = found.terms
    url = f"{own_url(request, services(request).public_url)}/apps/{found.address}"
    script = html.escape(f"{url}/widget.js")
    return AppResponse(
        id=found.id,
        name=found.name,
        url=url,
        chat_url=None if terms.key_required else f"{url}/chat",
        snippet=None if terms.key_required else f'<script async src="{script}"></script>',
        models=list(terms.models),
        default_model=terms.default_model,
        assistant_id=terms.assistant_number,
        documents=list(terms.document_ids),
        origins=list(terms.origins),
        key_required=terms.key_required,
        limits=AppLimits(visitor=_shown(terms.visitor_limits), total=_shown(terms.total_limits)),
        allow_system_prompt=terms.allow_system_prompt,
        allow_no_search=terms.allow_no_search,
        paused=found.paused_at is not None,
        user_id=found.user_label,
        created_at=iso_time(found.created_at),
        updated_at=iso_time(found.updated_at),
    )


def _limits(sent: CallLimits) -> tuple[CallLimit, ...]:
    pairs = ((sent.hour, _HOUR), (sent.day, _DAY))
    return tuple(CallLimit(calls, seconds) for calls, seconds in pairs if calls is not None)


def _shown(limits: tuple[CallLimit, ...]) -> CallLimits:
    calls = {limit.seconds: limit.calls for limit in limits}
    return CallLimits(hour=calls.get(_HOUR), day=calls.get(_DAY))
