"""The features of an account's tier."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from parlez.api.platform.schemas import ErrorResponse
from parlez.core.tiers import features
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.services import services

router = APIRouter(prefix="/api/available_features", tags=["platform"])


class FeatureResponse(BaseModel):
    id: str
    name: str
    enabled: bool = Field(description="Whether the tier of the account has it.")


class FeaturesResponse(BaseModel):
    features: list[FeatureResponse]


@router.get("", summary="List features", responses=errors(ErrorResponse, 401, 403, 503))
async def list_features(request: Request, caller: DataCaller) -> FeaturesResponse:
    """What the tier of the account has. Parlez grows: not all of it is there in every version."""
    account = await services(request).accounts.find(caller.scope)
    return FeaturesResponse(
        features=[
            FeatureResponse(id=f"feature_{number}", name=name, enabled=enabled)
            for number, (name, enabled) in enumerate(features(account.tier).items(), 1)
        ]
    )
