"""What a vendor says went wrong, in the words of the domain.

A vendor's own message is never passed on: it may repeat the prompt or the key. What is passed
on is the status and the vendor's identifier of the error, if it looks like one.
See https://platform.openai.com/docs/guides/error-codes,
https://platform.claude.com/docs/en/api/errors and, for llama.cpp, its tools/server/README.md.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from parlez.core.errors import (
    ContextOverflow,
    ModelError,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
    ModelUnreachable,
)
from parlez.providers.retry_after import retry_after
from parlez.providers.vendor import Vendor

_IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_LONGEST_MESSAGE = 4_000
_OVERFLOWS = frozenset(
    {
        "context_length_exceeded",
        "exceed_context_size_error",
        # https://cloud.baidu.com/doc/qianfan-api/s/rmwbl43x7
        "tokens_too_long",
        "characters_too_long",
    }
)
_NO_CREDIT = frozenset(
    {
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_error",
        "enforced_spend_limit_reached",
        "account_overdue",
    }
)
_OVERLOADED = frozenset(
    {"rate_limit_exceeded", "rate_limit_error", "overloaded_error", "tokens", "requests"}
)
_OVERLOADED_STATUSES = frozenset({429, 498, 529})


def read_refusal(
    vendor: Vendor, status: int, headers: Mapping[str, str], body: bytes, now: float
) -> ModelError:
    """The error in an answer whose status is not a success; `now` is in seconds since 1970."""
    raw = _error_object(body)
    names = _names(raw, vendor)
    where = f" (status {status}{', ' + names[0] if names else ''})"
    if overflow := _overflow(vendor, names, raw, status):
        return overflow
    if status == 402 or not _NO_CREDIT.isdisjoint(names):
        return _no_credit(vendor, where)
    if status in (401, 403):
        return _refused_key(vendor, where)
    if status == 404:
        return ModelUnavailable(
            f"{vendor.display_name} does not offer this model{where}. Choose another one"
            f"{_or_check(vendor.url_setting)}."
        )
    if status == 408:
        return timed_out(vendor)
    if status in _OVERLOADED_STATUSES:
        return _overloaded(vendor, where, retry_after(headers, now))
    if 400 <= status < 500:
        return ModelRejected(
            f"{vendor.display_name} does not accept this request{where}. "
            "Change its messages, options or tools."
        )
    return ModelFailed(
        f"{vendor.display_name} has a problem of its own{where}. Try again later.",
        retry_after=retry_after(headers, now),
    )


def read_error_in_answer(vendor: Vendor, raw: Any) -> ModelError:
    """The error in an answer that began as a success."""
    names = _names(raw, vendor)
    where = f" ({names[0]})" if names else ""
    if overflow := _overflow(vendor, names, raw, None):
        return overflow
    if not _NO_CREDIT.isdisjoint(names):
        return _no_credit(vendor, where)
    if not _OVERLOADED.isdisjoint(names):
        return _overloaded(vendor, where, None)
    return ModelFailed(
        f"{vendor.display_name} broke off its answer with an error{where}. Try again."
    )


def timed_out(vendor: Vendor) -> ModelTimeout:
    """The vendor kept silent for too long."""
    return ModelTimeout(f"{vendor.display_name} did not answer in time. Try again later.")


def unreachable(vendor: Vendor) -> ModelUnreachable:
    """No connection could be made."""
    return ModelUnreachable(
        f"{vendor.display_name} cannot be reached. Check the network"
        f"{_or_check(vendor.url_setting)}."
    )


def broken_off(vendor: Vendor) -> ModelFailed:
    """The connection ended before the answer did."""
    return ModelFailed(f"{vendor.display_name} broke off its answer. Try again.")


def not_understood(vendor: Vendor) -> ModelFailed:
    """The answer is not in the format that this vendor is said to speak."""
    return ModelFailed(
        f"{vendor.display_name} answered with something that is not a chat completion. "
        f"Try again{_or_check(vendor.url_setting)}."
    )


def too_long(vendor: Vendor) -> ModelFailed:
    """The answer is longer than any real one."""
    return ModelFailed(f"{vendor.display_name} answered with more than can be taken in.")


def unusable_key(vendor: Vendor) -> ModelUnavailable:
    """The key holds characters that cannot be sent."""
    return ModelUnavailable(
        f"The API key for {vendor.display_name} has characters that no key has."
        f"{_check(vendor.key_setting)}"
    )


def overflowed(prompt: int | None, limit: int | None) -> ContextOverflow:
    """The prompt is too long, by so much where that is known."""
    counted = f" ({prompt} tokens of {limit})" if prompt and limit else ""
    return ContextOverflow(
        f"The conversation is longer than this model can read{counted}. "
        "Shorten it, or choose a model that reads more.",
        prompt_tokens=prompt,
        limit_tokens=limit,
    )


def _refused_key(vendor: Vendor, where: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"{vendor.display_name} does not accept the API key{where}.{_check(vendor.key_setting)}"
    )


def _no_credit(vendor: Vendor, where: str) -> ModelUnavailable:
    return ModelUnavailable(
        f"The account at {vendor.display_name} has no credit left{where}. "
        "Add some there, or choose another model."
    )


def _overloaded(vendor: Vendor, where: str, wait: float | None) -> ModelOverloaded:
    return ModelOverloaded(
        f"{vendor.display_name} takes no more requests for now{where}. Try again later.",
        retry_after=wait,
    )


def _overflow(
    vendor: Vendor, names: list[str], raw: Any, status: int | None
) -> ContextOverflow | None:
    if not _OVERFLOWS.isdisjoint(names):
        return overflowed(_count(raw.get("n_prompt_tokens")), _count(raw.get("n_ctx")))
    message = raw.get("message") if isinstance(raw, dict) else None
    if isinstance(message, str):
        for pattern in vendor.overflow_patterns:
            if found := pattern.search(message[:_LONGEST_MESSAGE]):
                counts = found.groupdict()
                return overflowed(_number(counts.get("prompt")), _number(counts.get("limit")))
    return overflowed(None, None) if status in vendor.overflow_statuses else None


def _error_object(body: bytes) -> Any:
    """The error of a refusal; some servers put its fields beside each other at the top."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(answer, dict):
        return None
    error = answer.get("error")
    return error if isinstance(error, dict) else answer


def _names(raw: Any, vendor: Vendor) -> list[str]:
    if not isinstance(raw, dict):
        return []
    details = raw.get("details")
    detail = details.get("error_code") if isinstance(details, dict) else None
    names = [name for name in (raw.get("code"), raw.get("type"), detail) if isinstance(name, str)]
    return [name for name in names if _IDENTIFIER.fullmatch(name) and not _tells(name, vendor)]


def _tells(name: str, vendor: Vendor) -> bool:
    return vendor.api_key is not None and vendor.api_key in name


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _number(digits: str | None) -> int | None:
    return int(digits) if digits and digits.isdecimal() and len(digits) < 12 else None


def _check(setting: str | None) -> str:
    return f" Check {setting}." if setting else ""


def _or_check(setting: str | None) -> str:
    return f", or check {setting}" if setting else ""
