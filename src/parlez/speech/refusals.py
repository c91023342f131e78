"""What a vendor says went wrong, in the words of the domain.

A vendor's own message is never passed on: it may repeat the text or the key. What is passed on is
the status and the vendor's identifier of the error, if it looks like one. Where those stand:
https://developers.openai.com/api/docs/guides/error-codes (`error.code`),
https://cloud.google.com/apis/design/errors (`error.status`),
https://elevenlabs.io/docs/developers/resources/error-messages (`detail.status`),
https://learn.microsoft.com/azure/ai-services/speech-service/rest-text-to-speech (the status alone).
"""

import json
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from parlez.core.errors import (
    ModelError,
    ModelFailed,
    ModelOverloaded,
    ModelRejected,
    ModelTimeout,
    ModelUnavailable,
    ModelUnreachable,
)
from parlez.speech.vendor import Vendor

_IDENTIFIER = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_NO_CREDIT = frozenset({"insufficient_quota", "billing_hard_limit_reached", "quota_exceeded"})
_BAD_KEYS = frozenset({"API_KEY_INVALID", "invalid_api_key"})


def refusal(
    vendor: Vendor, status: int, headers: Mapping[str, str], body: bytes, now: float
) -> ModelError:
    """The error in an answer whose status is not a success; `now` is in seconds since 1970."""
    names = [name for name in _names(body) if not _tells(name, vendor)]
    where = f" (status {status}{', ' + names[0] if names else ''})"
    if status == 402 or not _NO_CREDIT.isdisjoint(names):
        return ModelUnavailable(
            f"The account at {vendor.title} has no credit left{where}. "
            "Add some there, or choose another provider."
        )
    if status in (401, 403) or not _BAD_KEYS.isdisjoint(names):
        return ModelUnavailable(
            f"{vendor.title} does not accept the API key{where}.{_check(vendor.key_setting)}"
        )
    if status == 404:
        return ModelUnavailable(
            f"{vendor.title} does not have this model or voice{where}. Choose another one."
        )
    if status == 408:
        return timed_out(vendor)
    if status == 429:
        return ModelOverloaded(
            f"{vendor.title} takes no more requests for now{where}. Try again later.",
            retry_after=_retry_after(headers, now),
        )
    if 400 <= status < 500:
        return ModelRejected(
            f"{vendor.title} does not accept this request{where}. "
            "Change its voice, model, language or text."
        )
    return ModelFailed(
        f"{vendor.title} has a problem of its own{where}. Try again later.",
        retry_after=_retry_after(headers, now),
    )


def timed_out(vendor: Vendor) -> ModelTimeout:
    """The vendor kept silent for too long."""
    return ModelTimeout(f"{vendor.title} did not answer in time. Try again later.")


def unreachable(vendor: Vendor) -> ModelUnreachable:
    """No connection could be made."""
    return ModelUnreachable(
        f"{vendor.title} cannot be reached. Check the network.{_check(vendor.url_setting)}"
    )


def broken_off(vendor: Vendor) -> ModelFailed:
    """The connection ended before the answer did."""
    return ModelFailed(f"{vendor.title} broke off its answer. Try again.")


def not_understood(vendor: Vendor) -> ModelFailed:
    """The answer is not in the format that this vendor is said to speak."""
    return ModelFailed(
        f"{vendor.title} answered with something that makes no sense. "
        f"Try again.{_check(vendor.url_setting)}"
    )


def too_long(vendor: Vendor) -> ModelFailed:
    """The answer is longer than any real one."""
    return ModelFailed(f"{vendor.title} answered with more than can be taken in.")


def unusable_key(vendor: Vendor) -> ModelUnavailable:
    """The key holds characters that cannot be sent."""
    return ModelUnavailable(
        f"The API key for {vendor.title} has characters that no key has."
        f"{_check(vendor.key_setting)}"
    )


def _names(body: bytes) -> list[str]:
    """The identifiers of an error, wherever a vendor puts them, the most telling first."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return []
    found = []
    for outer in ("error", "detail"):
        inner = answer.get(outer) if isinstance(answer, dict) else None
        if isinstance(inner, dict):
            found += [inner.get(name) for name in ("code", "status", "type")]
            details = inner.get("details")
            for detail in details if isinstance(details, list) else ():
                found.append(detail.get("reason") if isinstance(detail, dict) else None)
    return [name for name in found if isinstance(name, str) and _IDENTIFIER.fullmatch(name)]


def _tells(name: str, vendor: Vendor) -> bool:
    return vendor.api_key is not None and vendor.api_key in name


def _retry_after(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that a vendor asks to wait.

    See https://developer.mozilla.org/docs/Web/HTTP/Reference/Headers/Retry-After
    """
    told = headers.get("Retry-After", "")
    if re.fullmatch(r"\d{1,6}(\.\d+)?", told):
        return float(told)
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return None
    return max(0.0, (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now)


def _check(setting: str | None) -> str:
    return f" Check {setting}." if setting else ""
