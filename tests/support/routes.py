"""Every route of a server, as its OpenAPI document tells them, and a request for each."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.support.server import Running


@dataclass(frozen=True)
class Route:
    """`body` is a sample that the route's schema takes, None where it takes none."""

    method: str
    template: str
    body: Any

    def __str__(self) -> str:
        return f"{self.method} {self.template}"

    @property
    def changes(self) -> bool:
        """Whether its method says that it changes something."""
        return self.method not in ("GET", "HEAD", "OPTIONS")

    @property
    def parameters(self) -> list[str]:
        """The names of what its path needs."""
        return re.findall(r"{(\w+)}", self.template)

    def path(self, ids: Mapping[str, str]) -> str:
        """Its path, with `x` for what there is no id of."""
        return re.sub(r"{(\w+)}", lambda match: ids.get(match[1], "x"), self.template)


_ROUTES: list[Route] = []
"""Every server has the same, and takes a second to tell them."""


async def routes(parlez: Running) -> list[Route]:
    if not _ROUTES:
        document = (await parlez.call("GET", "/openapi.json")).body
        _ROUTES.extend(
            Route(method.upper(), template, _body(operation, document))
            for template, operations in document["paths"].items()
            for method, operation in operations.items()
        )
    return _ROUTES


def _body(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" not in content:
        return None
    return sample(content["application/json"]["schema"], document)


def sample(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """The least that fits a schema; what its examples say where it has some."""
    if "$ref" in schema:
        named = schema["$ref"].rsplit("/", 1)[1]
        return sample(document["components"]["schemas"][named], document)
    if schema.get("examples"):
        return schema["examples"][0]
    for exact in ("example", "const", "default"):
        if exact in schema:
            return schema[exact]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return sample(schema[several][0], document)
    return _SAMPLES[schema.get("type", "object")](schema, document)


def _object(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    return {
        name: sample(schema["properties"][name], document) for name in schema.get("required", ())
    }


def _array(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    return [sample(schema["items"], document)] * schema.get("minItems", 0)


_SAMPLES: Mapping[str, Any] = {
    "object": _object,
    "array": _array,
    "string": lambda schema, _: "x" * max(1, schema.get("minLength", 1)),
    "integer": lambda schema, _: schema.get("minimum", 1),
    "number": lambda schema, _: schema.get("minimum", 1),
    "boolean": lambda _, __: False,
    "null": lambda _, __: None,
}
