"""What is set aside for a turn before it is asked, and given back when it has ended."""

from dataclasses import dataclass

from parlez.core.events import Usage
from parlez.core.models import Model
from parlez.core.prices import cost
from parlez.core.tokens import estimate_messages


@dataclass(frozen=True, slots=True)
class Reserved:
    """Set aside for one turn: tokens, and micro-dollars, which are None where a price is not
    known."""

    tokens: int
    cost: int | None


@dataclass(frozen=True, slots=True)
class Reserve:
    """The most that a turn may use, as far as that can be told before its conversation is looked
    at. `models` are the one that will answer and those that may answer in its place."""

    new_tokens: int
    answer_tokens: int
    models: tuple[Model, ...]

    @classmethod
    def of(cls, texts: list[str], max_tokens: int | None, models: list[Model]) -> "Reserve":
        """For a turn that adds these texts to its conversation."""
        return cls(
            estimate_messages(texts),
            max(max_tokens or model.unbounded_answer_tokens for model in models),
            tuple(models),
        )

    @property
    def room(self) -> int:
        """The most tokens that any of the models reads."""
        return max(model.context_tokens for model in self.models)

    def most(self, earlier_tokens: int) -> Reserved:
        """What to set aside in a conversation that has so many tokens."""
        usage = Usage(min(self.new_tokens + earlier_tokens, self.room), self.answer_tokens)
        costs = [cost(usage, model.price) for model in self.models]
        known = [each for each in costs if each is not None]
        return Reserved(
            usage.prompt_tokens + usage.completion_tokens,
            max(known) if len(known) == len(costs) else None,
        )
