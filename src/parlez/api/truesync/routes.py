"""The calls of the TrueSyncAI Chat API."""

from fastapi import APIRouter, Request

from parlez.api.truesync.schemas import ChatRequest, ChatResponse, ErrorResponse, KeyResponse
from parlez.core.identity import Caller, Right, Scope
from parlez.core.keys import KeyKind
from parlez.core.turns import TurnRequest
from parlez.http.citations import citation_responses
from parlez.http.documented import TURN_ERRORS, errors
from parlez.http.fields import id_from_uuid, uuid_of
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import start_turn, whole_answer

router = APIRouter(tags=["truesync"], route_class=JsonRoute)


@router.post(
    "/generate_api_key",
    summary="Make a key",
    responses=errors(ErrorResponse, 400, 401, 403, 429, 503),
)
async def generate_api_key(request: Request) -> KeyResponse:
    """A key for `/chat` and every other call. With a credential it is one of that account; without
    one it gets an account of its own. The latter is for requests from this machine, unless the
    operator has opened it to all."""
    scope, ends_at = await _account(request)
    _, secret = await services(request).keys.create(
        scope,
        "made over the API",
        frozenset({Right.DATA}),
        kind=KeyKind.TRUESYNC,
        at_most_until=ends_at,
    )
    return KeyResponse(api_key=secret.text)


@router.post("/chat", summary="Chat", responses=errors(ErrorResponse, *TURN_ERRORS))
async def chat(
    request: Request, body: ChatRequest, idempotency_header: IdempotencyHeader = None
) -> ChatResponse:
    """Send a message and get the answer. The key may be sent in the body, as `api_key`."""
    caller: Caller = await services(request).gate.admit(request, body.api_key)
    caller.require(Right.DATA)
    row_id = id_from_uuid(body.conversation_id, "conversation") if body.conversation_id else None
    asked = TurnRequest(
        body.message, conversation_id=row_id, sources=body.sources, no_search=body.no_search
    )
    key = idempotency_key(
        idempotency_header,
        "truesync.chat",
        {**body.model_dump(exclude={"api_key"}), "conversation": row_id},
    )
    turn = await start_turn(request, caller, asked, key)
    ended = await whole_answer(request, turn)
    return ChatResponse(
        response=ended.text,
        conversation_id=uuid_of(turn.conversation_id),
        citations=citation_responses(ended.turn.citations),
    )


async def _account(request: Request) -> tuple[Scope, int | None]:
    """The account that a new key is for, and when its maker ends."""
    inside = services(request)
    if not inside.gate.is_shown_one(request):
        return await inside.new_keys.account(request), None
    caller: Caller = await inside.gate.admit(request)
    caller.require(Right.KEYS)
    caller.require(Right.DATA)
    return caller.scope, caller.expires_at
