"""Errors, as the dialect spells them.

See https://developers.openai.com/api/docs/guides/error-codes
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from parlez.http.problems import Problem

_CODES: Mapping[int, str] = MappingProxyType({401: "invalid_api_key", 429: "rate_limit_exceeded"})
"""Where OpenAI has a name of its own that programs look for."""


class ErrorDetail(BaseModel):
    message: str
    type: str
    param: str | None
    code: str | None


class ErrorResponse(BaseModel):
    error: ErrorDetail


def problem_body(problem: Problem) -> dict[str, Any]:
    return {
        "error": {
            "message": problem.message,
            "type": error_type(problem.status),
            "param": problem.param,
            "code": _CODES.get(problem.status, problem.code),
            **problem.details,
        }
    }


def error_type(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"
