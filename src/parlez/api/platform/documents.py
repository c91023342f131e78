"""Documents: uploaded, listed, removed, searched."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from parlez.api.platform.document_schemas import (
    DocumentResponse,
    DocumentsResponse,
    SearchRequest,
    SearchResponse,
    document,
)
from parlez.api.platform.schemas import ErrorResponse
from parlez.core.retrieval import Sources
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.passages import passage_response
from parlez.http.services import services
from parlez.http.turn_headers import note_limits
from parlez.http.uploads import ONE_FILE, form_of, one_file

MOST_LISTED = 200

router = APIRouter(prefix="/api/documents", tags=["documents"], route_class=JsonRoute)


@router.post(
    "",
    summary="Upload a document",
    status_code=201,
    responses={
        200: {"model": DocumentResponse, "description": "This very file was there already."},
        **errors(ErrorResponse, 400, 401, 403, 413, 415, 503),
    },
    openapi_extra=ONE_FILE,
)
async def upload(request: Request, response: Response, caller: DataCaller) -> DocumentResponse:
    """Keep a file, and read it in the background: PDF, Word, PowerPoint, Excel, OpenDocument text,
    EPUB, RTF, e-mail, HTML, Markdown, CSV or text. The same file under the same name is the same
    document, so a call that got no answer can be repeated; one that failed is then read again."""
    async with form_of(request) as form:
        name, file = one_file(form)
        kept, is_new = await services(request).library.upload(caller.scope, name, file.file)
    response.status_code = 201 if is_new else 200
    return document(kept)


@router.get("", summary="List documents", responses=errors(ErrorResponse, 400, 401, 403, 404, 503))
async def list_documents(
    request: Request,
    caller: DataCaller,
    limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 50,
    before: Annotated[
        str | None, Query(max_length=255, description="Only those before this one, by its id.")
    ] = None,
) -> DocumentsResponse:
    """The account's documents, newest first."""
    found, more = await services(request).library.page(caller.scope, limit, before)
    return DocumentsResponse(documents=[document(each) for each in found], before=more)


@router.post(
    "/search",
    summary="Search documents",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def search(request: Request, body: SearchRequest, caller: DataCaller) -> SearchResponse:
    """The places in documents that fit a question best, best first, without an answer."""
    sources = Sources(tuple(body.documents) if body.documents is not None else None)
    inside = services(request)
    async with inside.search.counted(caller, body.query):
        found = await inside.library.search(caller.scope, sources, body.query, body.limit)
    note_limits(request, inside.admission.allowances(caller))
    return SearchResponse(passages=[passage_response(each) for each in found])


@router.get(
    "/{document_id}",
    summary="Look at a document",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def read(request: Request, document_id: str, caller: DataCaller) -> DocumentResponse:
    """How a document is."""
    return document(await services(request).library.find(caller.scope, document_id))


@router.delete(
    "/{document_id}",
    summary="Remove a document",
    status_code=204,
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def remove(request: Request, document_id: str, caller: DataCaller) -> None:
    """Erase a document and all that was made of it. One that is being read is read no further."""
    await services(request).library.remove(caller.scope, document_id)
