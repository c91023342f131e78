"""The models that can be asked now."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.openai.errors import ErrorResponse
from parlez.core.errors import NotFound
from parlez.core.models import Model
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.services import services

router = APIRouter(prefix="/v1", tags=["openai"])


class ModelResponse(BaseModel):
    id: str
    object: Literal["model"] = "model"
    created: int = Field(0, description="Not known: always 0.")
    owned_by: str


class ModelList(BaseModel):
    object: Literal["list"] = "list"
    data: list[ModelResponse]


@router.get("/models", summary="List models", responses=errors(ErrorResponse, 401, 403))
async def list_models(request: Request, caller: DataCaller) -> ModelList:
    """Every model that can answer now. `GET /api/models` tells about all others too."""
    return ModelList(data=[_model(model) for model in _usable(request)])


@router.get(
    "/models/{model:path}",
    summary="Look at a model",
    responses=errors(ErrorResponse, 401, 403, 404),
)
async def look(request: Request, model: str, caller: DataCaller) -> ModelResponse:
    """One model that can answer now."""
    for usable in _usable(request):
        if usable.name == model:
            return _model(usable)
    raise NotFound("There is no model of that name that can answer now.", code="model_not_found")


def _usable(request: Request) -> list[Model]:
    return [model for model in services(request).catalog.list() if model.unavailable is None]


def _model(model: Model) -> ModelResponse:
    return ModelResponse(id=model.name, owned_by=model.vendor)
