"""What answers cost."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal
from typing import TYPE_CHECKING

from parlez.core.events import Usage

if TYPE_CHECKING:
    from parlez.core.models import Model


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens, which is micro-dollars per token."""

    prompt: Decimal
    completion: Decimal


def cost(usage: Usage, price: Price | None) -> int | None:
    """Micro-dollars, rounded up, so that nothing that costs is ever free; None where the price is
    not known."""
    if price is None:
        return None
    exact = usage.prompt_tokens * price.prompt + usage.completion_tokens * price.completion
    return int(exact.to_integral_value(ROUND_CEILING))


class PriceList:
    """The prices of all models, by name."""

    def __init__(self, models: Iterable["Model"]) -> None:
        self._prices: Mapping[str, Price | None] = {model.name: model.price for model in models}

    def cost(self, model: str, usage: Usage | None) -> int | None:
        """What an answer of a model cost in micro-dollars, None where that is not known."""
        return cost(usage, self._prices.get(model)) if usage else None
