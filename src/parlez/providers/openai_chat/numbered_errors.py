"""Baidu's older errors, which have numbers and come with status 200.

See https://ai.baidu.com/ai-doc/WENXINWORKSHOP/tlmyncueh
"""

from typing import Any

from parlez.core.errors import ModelError, ModelFailed, ModelOverloaded, ModelUnavailable
from parlez.providers.errors import overflowed
from parlez.providers.vendor import Vendor

_OVERLOADED = frozenset({4, 18, 336501, 336502, 336503})
_NO_CREDIT = frozenset({17, 19})
_KEY = frozenset({6, 13, 14, 15, 100, 110, 111})
_TOO_LONG = frozenset({336007, 336103})


def read_numbered_error(vendor: Vendor, code: Any) -> ModelError:
    """The error of that number."""
    where = f" (error {code})" if type(code) is int else ""
    if code in _TOO_LONG:
        return overflowed(None, None)
    if code in _OVERLOADED:
        return ModelOverloaded(
            f"{vendor.display_name} takes no more requests for now{where}. Try again later."
        )
    if code in _NO_CREDIT:
        return ModelUnavailable(
            f"The account at {vendor.display_name} has no requests left{where}. "
            "Add some there, or choose another model."
        )
    if code in _KEY:
        check = f" Check {vendor.key_setting}." if vendor.key_setting else ""
        return ModelUnavailable(f"{vendor.display_name} does not accept the API key{where}.{check}")
    return ModelFailed(f"{vendor.display_name} has a problem of its own{where}. Try again later.")
