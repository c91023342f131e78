"""The language models that a server knows."""

from dataclasses import dataclass
from typing import Protocol

from parlez.core.ports.chat_model import ChatModel
from parlez.core.prices import Price


@dataclass(frozen=True, slots=True)
class Model:
    """A model as data.

    `name` is what callers say and `vendor_name` what the vendor is told. `vendor` is whose model it
    is, for programs, and `provider` for people. `context_tokens` is how
    much it reads and `output_tokens` how much it writes at most, both in its own tokens.
    `unavailable` says why it cannot be used now and what would change that. `price` is None where
    nobody knows it, which is not to say that it costs nothing. `capabilities` are any of tools,
    json and images. `fallback` names the models that answer in its place, in this order. One that
    `only_quotes` is too small to read what is put to it: it answers from documents in their own
    sentences.
    """

    name: str
    vendor_name: str
    display_name: str
    vendor: str
    context_tokens: int
    output_tokens: int
    unavailable: str | None = None
    price: Price | None = None
    capabilities: frozenset[str] = frozenset()
    fallback: tuple[str, ...] = ()
    provider: str = ""
    only_quotes: bool = False

    @property
    def unbounded_answer_tokens(self) -> int:
        """Room for an answer whose caller names no limit."""
        return min(self.output_tokens, self.context_tokens // 4)


class ModelCatalog(Protocol):
    """Which models there are, and who answers for each."""

    def list(self) -> list[Model]:
        """Every known model, usable or not."""
        ...

    def resolve(self, name: str | None) -> Model:
        """The model of that name, or the default for None or an empty name.

        Raises `NotFound`, naming the known models, or `ModelUnavailable` with the way to enable it.
        """
        ...

    def chat_model(self, model: Model) -> ChatModel:
        """Whoever answers for a model that `resolve` gave."""
        ...
