"""The models that can be asked now."""

from typing import Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.openai.errors import ErrorResponse
from parlez.core.errors import NotFound
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
    """Every model that can answer or embed now. `GET /api/models` tells about all others too."""
    return ModelList(data=_usable(request))


@router.get(
    "/models/{model:path}",
    summary="Look at a model",
    responses=errors(ErrorResponse, 401, 403, 404),
)
async def look(request: Request, model: str, caller: DataCaller) -> ModelResponse:
    """One model that can answer or embed now."""
    for usable in _usable(request):
        if usable.id == model:
            return usable
    raise NotFound("There is no model of that name that can answer now.", code="model_not_found")


def _usable(request: Request) -> list[ModelResponse]:
    inside = services(request)
    answering = [
        ModelResponse(id=model.name, owned_by=model.vendor)
        for model in inside.catalog.list()
        if model.unavailable is None
    ]
    embedding = [
        ModelResponse(id=name, owned_by=name.partition("/")[0]) for name in inside.embedding.names
    ]
    return answering + embedding
