"""Prompt templates."""

from typing import Any

from fastapi import APIRouter, Request

from parlez.api.platform import ids
from parlez.api.platform.ids import read_conversation_id
from parlez.api.platform.schemas import ErrorResponse
from parlez.api.platform.template_schemas import (
    CreateTemplateRequest,
    DeletedTemplateResponse,
    TemplateContent,
    TemplateResponse,
    TemplatesResponse,
    TemplateSummary,
    UseTemplateRequest,
    UseTemplateResponse,
)
from parlez.core.ids import new_id
from parlez.core.templates import Template, declare
from parlez.http.callers import DataCaller
from parlez.http.documented import errors
from parlez.http.json_route import JsonRoute
from parlez.http.services import services

router = APIRouter(prefix="/api", tags=["platform"], route_class=JsonRoute)


@router.get("/templates", summary="List templates", responses=errors(ErrorResponse, 401, 403, 503))
async def list_templates(request: Request, caller: DataCaller) -> TemplatesResponse:
    """The templates that come with Parlez, then the account's own."""
    found = await services(request).templates.all(caller.scope)
    return TemplatesResponse(templates=[TemplateSummary(**_summary(each)) for each in found])


@router.post(
    "/templates",
    summary="Make a template",
    status_code=201,
    responses=errors(ErrorResponse, 400, 401, 403, 409, 413, 415, 503),
)
async def create_template(
    request: Request, body: CreateTemplateRequest, caller: DataCaller
) -> TemplateResponse:
    """A template of the account's own. A place in the prompt that is no variable is refused, and a
    variable that has no place is added at the end."""
    template = _template(body.name, body)
    await services(request).templates.create(caller.scope, template)
    return _response(template)


@router.get(
    "/template/{name}",
    summary="Look at a template",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def look(request: Request, name: str, caller: DataCaller) -> TemplateResponse:
    return _response(await services(request).templates.find(caller.scope, name))


@router.put(
    "/template/{name}",
    summary="Replace a template",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def replace_template(
    request: Request, name: str, body: TemplateContent, caller: DataCaller
) -> TemplateResponse:
    """Put another content in a template of the account's own. Conversations keep what it made."""
    template = _template(name, body)
    return _response(await services(request).templates.replace(caller.scope, template))


@router.delete(
    "/template/{name}",
    summary="Delete a template",
    responses=errors(ErrorResponse, 401, 403, 404, 503),
)
async def delete_template(
    request: Request, name: str, caller: DataCaller
) -> DeletedTemplateResponse:
    """Delete a template of the account's own. Conversations keep what it made."""
    await services(request).templates.delete(caller.scope, name)
    return DeletedTemplateResponse()


@router.post(
    "/conversation/{conversation_id}/template",
    summary="Use a template",
    responses=errors(ErrorResponse, 400, 401, 403, 404, 413, 415, 503),
)
async def use_template(
    request: Request, conversation_id: str, body: UseTemplateRequest, caller: DataCaller
) -> UseTemplateResponse:
    """Give a conversation the system prompt that a template makes."""
    row_id = read_conversation_id(conversation_id)
    inside = services(request)
    prompt = await inside.templates.render(caller.scope, body.template_name, body.variables)
    changes = {"template": body.template_name, "system_prompt": prompt}
    await inside.desk.change(caller.scope, row_id, changes, body.user_id)
    return UseTemplateResponse(
        conversation_id=ids.conversation_id(row_id),
        template=body.template_name,
        system_prompt=prompt,
    )


def _template(name: str, body: TemplateContent) -> Template:
    return Template(
        name,
        new_id(),
        body.display_name or name,
        body.description,
        body.system_prompt,
        declare(body.system_prompt, body.variables, body.defaults),
        body.example_usage,
    )


def _response(template: Template) -> TemplateResponse:
    return TemplateResponse(
        **_summary(template),
        system_prompt=template.system_prompt,
        defaults={
            variable.name: variable.default
            for variable in template.variables
            if variable.default is not None
        },
        example_usage=template.example_usage,
    )


def _summary(template: Template) -> dict[str, Any]:
    return {
        "id": ids.template_id(template.id),
        "name": template.name,
        "display_name": template.display_name,
        "description": template.description,
        "variables": [variable.name for variable in template.variables],
        "read_only": template.is_built_in,
    }
