"""Health and metrics."""

import asyncio

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST

from parlez.core.bugs import describe
from parlez.core.errors import ParlezError
from parlez.core.identity import Right
from parlez.http.services import Services, services

PROBE_SECONDS = 5.0

router = APIRouter(tags=["operations"])


@router.get("/health/live", summary="Is the process alive?")
async def live() -> dict[str, str]:
    return {"status": "ok"}


@router.get(
    "/health/ready",
    summary="Can it serve?",
    responses={503: {"description": "A part of the server does not work."}},
)
async def ready(request: Request) -> JSONResponse:
    """Whether every part works. Which parts there are, and how each is, is told on loopback and to
    keys with the scope `metrics`."""
    parts = await _probe(services(request))
    status = "ok" if all(part["ok"] for part in parts.values()) else "failing"
    body: dict[str, object] = {"status": status}
    if await _may_look_inside(request):
        body["parts"] = parts
    return JSONResponse(body, 200 if status == "ok" else 503)


@router.get(
    "/metrics",
    summary="Figures for Prometheus",
    response_class=Response,
    responses={
        401: {"description": "No credential, or a wrong one."},
        403: {"description": "The credential may not be used for this."},
        429: {"description": "Too many requests; `Retry-After` says when the next can come."},
    },
)
async def metrics(request: Request) -> Response:
    """For requests from the machine itself, and for keys with the scope `metrics`."""
    inside = services(request)
    caller = await inside.gate.admit(request)
    caller.require(Right.METRICS)
    inside.metrics.open_turns.set(inside.engine.open_turns)
    inside.metrics.open_sockets.set(len(inside.sockets))
    return Response(inside.metrics.exposition(), media_type=CONTENT_TYPE_LATEST)


async def _may_look_inside(request: Request) -> bool:
    try:
        caller = await services(request).gate.admit(request)
    except ParlezError:
        return False
    return Right.METRICS in caller.rights


async def _probe(inside: Services) -> dict[str, dict[str, object]]:
    async def probe(name: str) -> tuple[str, dict[str, object]]:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                return name, {"ok": True, "state": await inside.probes[name]()}
        except ParlezError as error:
            return name, {"ok": False, "state": error.message}
        except Exception as error:
            return name, {"ok": False, "state": describe(error).split(" in ")[0]}

    return dict(await asyncio.gather(*(probe(name) for name in inside.probes)))
