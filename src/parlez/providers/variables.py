"""Variables that vendors are set up with, and where each comes from.

Which names matter is only known once the vendors are, so nothing is read in advance. Values may be
keys: they show in no representation.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

SAMPLE_KEY = "your_api_key_here"
"""What the sample files have in place of a key; it counts as none."""


class Source(StrEnum):
    """Where a value comes from, in words."""

    ENVIRONMENT = "the environment"
    DOTENV = ".env"
    SETTINGS_FILE = "parlez.toml"
    SHIPPED = "Parlez itself"


@dataclass(frozen=True, slots=True)
class Value:
    """What a variable is set to."""

    name: str
    text: str = field(repr=False)
    source: Source


class Variables:
    """Looks names up in layers of values, of which the first that has one wins.

    What is empty, or the sample's key, counts as unset.
    """

    def __init__(self, layers: Sequence[tuple[Source, Mapping[str, str]]] = ()) -> None:
        self._layers = [
            (source, {name: text.strip() for name, text in values.items()})
            for source, values in layers
        ]

    def find(self, names: Iterable[str]) -> Value | None:
        """The first of these names that is set, in whichever layer."""
        for name in names:
            for source, values in self._layers:
                text = values.get(name)
                if text and text != SAMPLE_KEY:
                    return Value(name, text, source)
        return None
