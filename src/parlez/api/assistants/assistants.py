"""Assistants and their files."""

from typing import Annotated

from fastapi import APIRouter, Query, Request

from parlez.api.assistants import encode
from parlez.api.assistants.bodies import documented_body, sent
from parlez.api.assistants.fields import number_in_path
from parlez.api.assistants.schemas import (
    AssistantResponse,
    ChangeAssistantRequest,
    CreateAssistantRequest,
    ErrorResponse,
    SearchRequest,
    SearchResponse,
)
from parlez.core.assistants import AssistantChanges
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.idempotency import idempotency_key
from parlez.http.parameters import IdempotencyHeader
from parlez.http.passages import passage_response
from parlez.http.services import services
from parlez.http.turn_headers import note_limits

MOST_LISTED = 500

router = APIRouter(prefix="/api/v1/assistants", tags=["assistants"])


@router.get("", summary="List assistants", responses=errors(ErrorResponse, 400, 401, 403, 503))
async def list_assistants(
    request: Request,
    caller: DataCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = MOST_LISTED,
    offset: Annotated[int, Query(ge=0, le=MOST_LISTED)] = 0,
) -> list[AssistantResponse]:
    """The account's assistants, oldest first: all, as there are at most 500."""
    found = await services(request).assistants.page(caller.scope, limit, offset)
    return [encode.assistant(each) for each in found]


@router.post(
    "",
    summary="Create an assistant",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 503),
    openapi_extra=documented_body(CreateAssistantRequest, files=True),
)
async def create(
    request: Request, caller: DataCaller, idempotency_header: IdempotencyHeader = None
) -> AssistantResponse:
    """An assistant that answers from files, which are read in the background. Without any it is a
    chatbot that does what it is told."""
    async with sent(request, CreateAssistantRequest) as body:
        fields = body.fields
        key = idempotency_key(idempotency_header, "assistants.create", fields.model_dump())
        wanted = AssistantChanges(fields.name, fields.company_name, fields.instructions)
        made = await services(request).assistants.create(caller.scope, wanted, body.files, key)
    return encode.assistant(made)


@router.get(
    "/{assistant_number}",
    summary="View an assistant",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def read(request: Request, assistant_number: str, caller: DataCaller) -> AssistantResponse:
    """An assistant, and how its files are."""
    number = number_in_path(assistant_number, "assistant")
    return encode.assistant(await services(request).assistants.find(caller.scope, number))


@router.put(
    "/{assistant_number}",
    summary="Update an assistant",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 409, 413, 415, 503),
    openapi_extra=documented_body(ChangeAssistantRequest, files=True),
)
async def change(
    request: Request,
    assistant_number: str,
    caller: DataCaller,
    idempotency_header: IdempotencyHeader = None,
) -> AssistantResponse:
    """Change what is sent. Its chats go on with it as it is then."""
    number = number_in_path(assistant_number, "assistant")
    async with sent(request, ChangeAssistantRequest) as body:
        fields = body.fields
        asked = {**fields.model_dump(), "assistant": number}
        key = idempotency_key(idempotency_header, "assistants.change", asked)
        changes = AssistantChanges(
            fields.new_name or fields.name,
            fields.company_name,
            fields.instructions,
            fields.replace_files,
        )
        changed = await services(request).assistants.change(
            caller.scope, number, changes, body.files, key
        )
    return encode.assistant(changed)


@router.delete(
    "/{assistant_number}",
    summary="Delete an assistant",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def delete(request: Request, assistant_number: str, caller: DataCaller) -> None:
    """Erase an assistant, and the files that were uploaded for it and that no other one has. What
    was said with it stays."""
    number = number_in_path(assistant_number, "assistant")
    await services(request).assistants.delete(caller.scope, number)


@router.delete(
    "/{assistant_number}/files/{file_id}",
    summary="Remove a file",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove_file(
    request: Request, assistant_number: str, file_id: str, caller: DataCaller
) -> None:
    """Take a file from an assistant. It is erased if it was uploaded for it and no other one has
    it."""
    number = number_in_path(assistant_number, "assistant")
    await services(request).assistants.remove_document(caller.scope, number, file_id)


@router.post(
    "/{assistant_number}/search",
    summary="Search an assistant's files",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
    openapi_extra=documented_body(SearchRequest),
)
async def search(request: Request, assistant_number: str, caller: DataCaller) -> SearchResponse:
    """The places in its files that fit a question best, best first, without an answer."""
    number = number_in_path(assistant_number, "assistant")
    async with sent(request, SearchRequest) as body:
        asked = body.fields
    inside = services(request)
    async with inside.search.counted(caller, asked.query):
        found = await inside.assistants.search(caller.scope, number, asked.query, asked.limit)
    note_limits(request, inside.admission.allowances(caller))
    return SearchResponse(passages=[passage_response(each) for each in found])
