"""The OpenAPI document, corrected where the framework assumes otherwise."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """
A self-hosted conversation server. Every call here can be tried out from this page.

Started on this machine with nothing configured, the server takes requests from this machine
without a key. Otherwise send one: `Authorization: Bearer <key>`.
"""


def describe_api(app: FastAPI) -> None:
    """Let the app describe itself as it is: invalid input is a 400 and never a 422, and a key can
    be sent with any call."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(
                title=app.title,
                version=app.version,
                description=DESCRIPTION,
                routes=app.routes,
            )
            _correct(schema)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _correct(schema: dict[str, Any]) -> None:
    components = schema.setdefault("components", {})
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer"},
        "session": {"type": "apiKey", "in": "cookie", "name": "parlez_session"},
        "csrf_token": {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"},
    }
    schema["security"] = [{"key": []}, {"session": [], "csrf_token": []}, {}]
    for name in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(name, None)
    for operations in schema["paths"].values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
