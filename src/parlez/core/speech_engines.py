"""The engines that a server has, and those that it could have."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from parlez.core.errors import InvalidInput, ModelUnavailable, NotFound
from parlez.core.languages import knows, unknown_language
from parlez.core.ports.transcriber import Transcriber
from parlez.core.ports.voice import Voice

Engine = TypeVar("Engine", Transcriber, Voice)


@dataclass(frozen=True, slots=True)
class Missing:
    """An engine that cannot be used, why, and what would change that. `models` are the names that
    clients know it by, and `voice` is the one that it would speak with."""

    title: str
    reason: str
    models: tuple[str, ...] = ()
    voice: str | None = None


class SpeechEngines(Generic[Engine]):
    """Those of one sort, by their names. `engines` begin with the one that is used where none is
    named. What clients call the models of a vendor the embedded engine answers to as well, where it
    is alone."""

    def __init__(self, engines: Sequence[Engine], missing: Mapping[str, Missing]):
        self._engines: dict[str, Engine] = {each.about.name: each for each in engines}
        self.missing = missing

    @property
    def usable(self) -> list[Engine]:
        """The default first."""
        return list(self._engines.values())

    @property
    def languages(self) -> frozenset[str]:
        """All that any engine says it knows."""
        known = (each.about.languages for each in self._engines.values())
        return frozenset().union(*(each for each in known if each is not None))

    def choose(
        self, provider: str | None, model: str | None = None, language: str | None = None
    ) -> tuple[Engine, str]:
        """Who is to do it, and with which model: the provider that is named, else the one that has
        the model, else the first that knows the language.

        Raises `InvalidInput` for a provider that nobody knows and a language that none knows,
        `NotFound` for such a model, and `ModelUnavailable` for what cannot be used.
        """
        if provider:
            engine = self._named(provider)
            return engine, model or engine.about.models[0]
        if model:
            return self._with_model(model)
        if not self._engines:
            raise self._nothing()
        for engine in self._engines.values():
            if knows(engine.about.languages, language):
                return engine, engine.about.models[0]
        raise unknown_language("The server", self.languages)

    def _named(self, name: str) -> Engine:
        if name in self._engines:
            return self._engines[name]
        if name in self.missing:
            raise ModelUnavailable(_why(self.missing[name]))
        known = ", ".join([*self._engines, *self.missing])
        raise InvalidInput(
            f"There is no such provider. There are: {known}.",
            code="unknown_provider",
            param="provider",
        )

    def _with_model(self, name: str) -> tuple[Engine, str]:
        for engine in self._engines.values():
            if name in engine.about.models:
                return engine, name
        for missing in self.missing.values():
            if name in missing.models:
                if self._alone:
                    engine = next(iter(self._engines.values()))
                    return engine, engine.about.models[0]
                raise ModelUnavailable(_why(missing))
        known = ", ".join(name for engine in self._engines.values() for name in engine.about.models)
        raise NotFound(
            f"There is no such model of speech. There are: {known}.", code="model_not_found"
        )

    @property
    def _alone(self) -> bool:
        return list(self._engines) == ["local"]

    def _nothing(self) -> ModelUnavailable:
        reasons = " ".join(_why(each) for each in self.missing.values())
        return ModelUnavailable(f"There is no engine for speech. {reasons}")


def _why(missing: Missing) -> str:
    return f"{missing.title}: {missing.reason}"
