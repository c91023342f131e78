"""Where WebSockets are, and tickets for them."""

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field
from starlette.websockets import WebSocket

from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.socket.session import SocketSession
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.services import Services, services
from parlez.http.socket_port import SOCKET_PATH
from parlez.http.tickets import LIFETIME_SECONDS, PROTOCOL

router = APIRouter(tags=["speech"])


class TicketResponse(BaseModel):
    ticket: str
    protocols: list[str] = Field(
        description="What a browser opens the WebSocket with: `new WebSocket(url, protocols)`."
    )
    expires_in: int = Field(description="Seconds.")


@router.post(
    "/api/websocket/ticket",
    summary="Get a ticket",
    status_code=201,
    responses=errors(ErrorResponse, 401, 403),
)
async def ticket(request: Request, caller: DataCaller) -> TicketResponse:
    """What lets a WebSocket in once, in the place of the credential that this call was made
    with."""
    issued = services(request).tickets.issue(caller)
    return TicketResponse(ticket=issued, protocols=[PROTOCOL, issued], expires_in=LIFETIME_SECONDS)


@router.websocket(SOCKET_PATH)
async def socket(socket: WebSocket) -> None:
    inside: Services = socket.app.state.services
    await SocketSession(inside, socket).run()
