"""The models and vendors that are known, as data."""

from types import MappingProxyType

from parlez.core.models import Model
from parlez.providers.local.settings import LocalSettings
from parlez.providers.vendor import Vendor

OPENAI_URL = "https://api.openai.com/v1"

EMBEDDED_NAME = "smollm2-135m"

REFERENCE_NAMES = frozenset(
    {
        "gpt-4o",
        "gpt-4",
        "gpt-3.5-turbo",
        "claude-3-opus",
        "ernie-3.0-bot",
        "llama-3.3-70b",
    }
)
"""Names that clients of the reference APIs ask for, whoever may answer."""


def openai_vendor(api_key: str | None, base_url: str) -> Vendor:
    """OpenAI, or a server that is put in its place.

    OpenAI's newer models refuse `max_tokens`, and most imitations know nothing else.
    """
    return Vendor(
        name="openai",
        display_name="OpenAI",
        base_url=base_url,
        api_key=api_key,
        key_setting="OPENAI_API_KEY",
        url_setting="OPENAI_BASE_URL",
        max_tokens_field="max_completion_tokens" if base_url == OPENAI_URL else "max_tokens",
    )


def local_vendor() -> Vendor:
    """The embedded model, without the address and key that it gets at each start.

    A model this small answers soundly only when it takes the likeliest word and is kept from
    repeating itself, and without a bound it may ramble until its context is full.
    """
    return Vendor(
        name="local",
        display_name="The embedded model",
        base_url="",
        defaults=MappingProxyType(
            {"temperature": 0.0, "repeat_penalty": 1.05, "dry_multiplier": 0.8, "max_tokens": 1024}
        ),
        retries=0,
        # llama.cpp closes a connection that was idle for five seconds, even as a request comes.
        keep_alive=False,
    )


def openai_models(unavailable: str | None) -> list[Model]:
    """OpenAI's models, its default first. See https://platform.openai.com/docs/models"""
    return [
        Model("gpt-4o", "gpt-4o", "GPT-4o", "openai", 128_000, 16_384, unavailable),
        Model("gpt-4", "gpt-4", "GPT-4", "openai", 8_192, 8_192, unavailable),
        Model(
            "gpt-3.5-turbo",
            "gpt-3.5-turbo",
            "GPT-3.5 Turbo",
            "openai",
            16_385,
            4_096,
            unavailable,
        ),
    ]


def embedded_model(settings: LocalSettings, unavailable: str | None) -> Model:
    """The model that comes with Parlez."""
    return Model(
        name=EMBEDDED_NAME,
        vendor_name=EMBEDDED_NAME,
        display_name="SmolLM2 135M (embedded)",
        vendor="local",
        context_tokens=settings.context_tokens,
        output_tokens=1_024,
        unavailable=unavailable,
    )
