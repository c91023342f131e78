"""The domain, as the dialect spells it."""

from typing import Any

from parlez.api.platform.key_schemas import KeyResponse, NewKeyResponse
from parlez.core.keys import ApiKey, KeySecret
from parlez.http.problems import Problem
from parlez.http.times import iso_time, iso_time_or_none


def problem_body(problem: Problem) -> dict[str, Any]:
    return {"error": {"code": problem.code, "message": problem.message, **problem.details}}


def key(found: ApiKey) -> KeyResponse:
    return KeyResponse(**_key(found))


def new_key(made: ApiKey, secret: KeySecret) -> NewKeyResponse:
    return NewKeyResponse(**_key(made), key=secret.text)


def _key(found: ApiKey) -> dict[str, Any]:
    return {
        "id": found.id,
        "name": found.name,
        "scopes": sorted(found.rights),
        "created_at": iso_time(found.created_at),
        "expires_at": iso_time_or_none(found.expires_at),
        "last_used_at": iso_time_or_none(found.last_used_at),
        "revoked_at": iso_time_or_none(found.revoked_at),
    }
