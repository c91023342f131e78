"""The model that comes with Parlez."""

from decimal import Decimal
from types import MappingProxyType

from parlez.core.models import Model
from parlez.core.prices import Price
from parlez.providers.local.settings import LocalSettings
from parlez.providers.vendor import Vendor

EMBEDDED_NAME = "smollm2-135m"


def local_vendor() -> Vendor:
    """Who runs it, without the address and key that it gets at each start.

    A model this small answers soundly only when it takes the likeliest word and is kept from
    repeating itself, and without a bound it may ramble until its context is full. What begins a
    repetition anew is a line: llama.cpp looks through all words for each such mark, 8 ms a turn.
    """
    return Vendor(
        name="local",
        display_name="The embedded model",
        base_url="",
        defaults=MappingProxyType(
            {
                "temperature": 0.0,
                "repeat_penalty": 1.05,
                "dry_multiplier": 0.8,
                "dry_sequence_breakers": ["\n"],
                "max_tokens": 1024,
            }
        ),
        retries=0,
        # llama.cpp closes a connection that was idle for five seconds, even as a request comes.
        keep_alive=False,
    )


def embedded_model(settings: LocalSettings, unavailable: str | None) -> Model:
    """It as a model like any other."""
    return Model(
        name=EMBEDDED_NAME,
        vendor_name=EMBEDDED_NAME,
        display_name="SmolLM2 135M (embedded)",
        vendor="local",
        context_tokens=settings.context_tokens,
        output_tokens=1_024,
        unavailable=unavailable,
        price=Price(Decimal(0), Decimal(0)),
        provider="Parlez",
        only_quotes=settings.weights is None,
    )
