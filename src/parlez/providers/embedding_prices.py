"""What vendors take for embedding. See https://developers.openai.com/api/docs/pricing"""

from collections.abc import Mapping
from decimal import Decimal

from parlez.core.prices import Price

EMBEDDING_PRICES: Mapping[str, Price] = {
    f"openai/{model}": Price(Decimal(dollars), Decimal(0))
    for model, dollars in (
        ("text-embedding-3-small", "0.02"),
        ("text-embedding-3-large", "0.13"),
        ("text-embedding-ada-002", "0.10"),
    )
}
"""By the vendor's name and the model's, in US dollars for a million tokens."""
