"""The domain, as the dialect spells it."""

from typing import Any

from parlez.http.problems import Problem


def problem_body(problem: Problem) -> dict[str, Any]:
    return {"error": problem.message, "code": problem.code, **problem.details}
