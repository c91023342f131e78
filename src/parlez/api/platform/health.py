"""The public health call."""

from fastapi import APIRouter

from parlez import __version__
from parlez.api.platform.schemas import HealthResponse

router = APIRouter(prefix="/api", tags=["platform"])


@router.get("/health", summary="Health")
async def health() -> HealthResponse:
    return HealthResponse(version=__version__)
