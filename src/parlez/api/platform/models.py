"""The models that there are."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.platform.schemas import ErrorResponse
from parlez.core.models import Model
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.services import services

router = APIRouter(prefix="/api/models", tags=["platform"])


class ModelResponse(BaseModel):
    id: str
    name: str = Field(description="What to send as `model`.")
    display_name: str
    provider: str
    max_tokens: int = Field(description="The most that it writes.")
    context_length: int = Field(description="The most that it reads, in its own tokens.")
    capabilities: list[str]
    available: bool
    reason: str | None = Field(description="Why it cannot be used, and what would change that.")


class ModelsResponse(BaseModel):
    models: list[ModelResponse]


@router.get("", summary="List models", responses=errors(ErrorResponse, 401, 403, 503))
async def list_models(request: Request, caller: DataCaller) -> ModelsResponse:
    """All models that the server knows, also those that cannot be used."""
    return ModelsResponse(models=[_model(each) for each in services(request).catalog.list()])


def _model(model: Model) -> ModelResponse:
    return ModelResponse(
        id=model.name,
        name=model.name,
        display_name=model.display_name,
        provider=model.provider,
        max_tokens=model.output_tokens,
        context_length=model.context_tokens,
        capabilities=sorted(model.capabilities),
        available=model.unavailable is None,
        reason=model.unavailable,
    )
