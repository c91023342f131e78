"""Talking."""

from fastapi import APIRouter, Request, Response

from parlez.api.platform import chat_encode
from parlez.api.platform.chat_schemas import (
    ChatRequest,
    ChatResponse,
    CompletionRequest,
    NewTurn,
)
from parlez.api.platform.ids import read_conversation_id
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.conversations import Profile
from parlez.core.identity import Caller
from parlez.core.messages import Role
from parlez.core.ports.chat_model import Prompt
from parlez.core.turns import TurnRequest
from parlez.http.callers import DataCaller
from parlez.http.documented import TURN_ERRORS, errors, or_stream
from parlez.http.event_stream import EventStream
from parlez.http.idempotency import idempotency_key
from parlez.http.json_route import JsonRoute
from parlez.http.parameters import IdempotencyHeader
from parlez.http.services import services
from parlez.http.turn_answers import followed, native_stream, start_turn, whole_answer

router = APIRouter(prefix="/api/chat", tags=["platform"], route_class=JsonRoute)


@router.post(
    "",
    summary="Chat",
    response_model=ChatResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def chat(
    request: Request,
    body: ChatRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ChatResponse | Response:
    """Send a message and get the answer. With `stream` it comes in the events that
    `/turns/{turn_id}/events` has too."""
    asked = await _asked(request, caller, body, body.message, body.system_prompt)
    key = idempotency_key(idempotency_header, "platform.chat", body.model_dump())
    turn = await start_turn(request, caller, asked, key)
    if body.stream:
        return native_stream(request, caller, turn, chat_encode.names(turn))
    return chat_encode.answer(await whole_answer(request, turn))


@router.post(
    "/completions",
    summary="Complete a chat",
    response_model=ChatResponse,
    responses=or_stream(errors(ErrorResponse, *TURN_ERRORS)),
)
async def complete(
    request: Request,
    body: CompletionRequest,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> ChatResponse | Response:
    """Send messages and get the answer to the last. With `stream` each piece of it is one event,
    and `[DONE]` the last."""
    *earlier, last = body.messages
    system_prompt = "\n\n".join(each.content for each in earlier if each.role == "system")
    said = tuple(Prompt(Role(each.role), each.content) for each in earlier if each.role != "system")
    asked = await _asked(request, caller, body, last.content, system_prompt or None, said)
    key = idempotency_key(idempotency_header, "platform.completions", body.model_dump())
    turn = await start_turn(request, caller, asked, key)
    if body.stream:
        events = followed(request, caller, turn)
        return EventStream(chat_encode.completion_frames(events, turn), {})
    return chat_encode.answer(await whole_answer(request, turn))


async def _asked(
    request: Request,
    caller: Caller,
    body: NewTurn,
    message: str,
    system_prompt: str | None,
    earlier: tuple[Prompt, ...] = (),
) -> TurnRequest:
    """The turn that a body asks for."""
    template = body.template
    if template:
        shelf = services(request).templates
        system_prompt = await shelf.render(caller.scope, template.name, template.variables)
    if body.conversation_id:
        return TurnRequest(
            message,
            conversation_id=read_conversation_id(body.conversation_id),
            user_label=body.user_id,
            model=body.model,
            system_prompt=system_prompt,
            options=body.options,
            stream=body.stream,
            sources=body.sources,
            no_search=body.no_search,
        )
    profile = Profile(
        system_prompt=system_prompt,
        template=template.name if template else None,
        metadata=body.metadata or {},
    )
    return TurnRequest(
        message,
        user_label=body.user_id,
        model=body.model,
        options=body.options,
        stream=body.stream,
        profile=profile,
        earlier=earlier,
        sources=body.sources,
        no_search=body.no_search,
    )
