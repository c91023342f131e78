"""What accounts may use, as data."""

from collections.abc import Mapping

from parlez.core.limits import CallLimit

FREE = "Free"

TIERS: Mapping[str, tuple[CallLimit, ...]] = {
    FREE: (CallLimit(10, 60), CallLimit(100, 86_400)),
    "Basic": (CallLimit(60, 60), CallLimit(1_000, 86_400)),
    "Pro": (CallLimit(120, 60), CallLimit(5_000, 86_400)),
    "Enterprise": (CallLimit(500, 60), CallLimit(50_000, 86_400)),
}
"""Limits of all calls of an account together, by the name of its tier. An account without a tier
has none."""

VOICE_CHAT = "voice_chat"

FEATURES = (VOICE_CHAT, "semantic_search", "multi_agent")
"""What a tier may or may not include, in the order in which it is shown."""

_INCLUDED: Mapping[str, frozenset[str]] = {
    FREE: frozenset({"semantic_search"}),
    "Basic": frozenset({"semantic_search", VOICE_CHAT}),
    "Pro": frozenset(FEATURES),
    "Enterprise": frozenset(FEATURES),
}

TRUESYNC_KEY = (CallLimit(100, 3_600),)
"""Limits of one TrueSync key."""


def features(tier: str | None) -> dict[str, bool]:
    """Whether a tier includes each feature. An account without a tier has all of them."""
    included = frozenset(FEATURES) if tier is None else _INCLUDED[tier]
    return {name: name in included for name in FEATURES}
