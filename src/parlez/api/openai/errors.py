"""Errors, as the dialect spells them.

See https://developers.openai.com/api/docs/guides/error-codes
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel

from parlez.http.problems import Problem

_CODES: Mapping[str, str] = MappingProxyType(
    {
        "unauthenticated": "invalid_api_key",
        "rate_limited": "rate_limit_exceeded",
        "budget_exceeded": "insufficient_quota",
    }
)
"""Where OpenAI has a name of its own that programs look for."""

_TYPES: Mapping[str, str] = MappingProxyType({"budget_exceeded": "insufficient_quota"})


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
            "type": _TYPES.get(problem.code) or error_type(problem.status),
            "param": problem.param,
            "code": _CODES.get(problem.code, problem.code),
            **problem.details,
        }
    }


def error_type(status: int) -> str:
    if status == 429:
        return "rate_limit_error"
    return "server_error" if status >= 500 else "invalid_request_error"
