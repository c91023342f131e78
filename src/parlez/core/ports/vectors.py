"""What is kept of the meaning of texts."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from parlez.core.identity import Scope


@dataclass(frozen=True, slots=True)
class Vector:
    """What is kept of a text's meaning: its direction, and in `code` a bit for each dimension,
    which is enough to tell what is far from what may be near. `serial` is the number of the text
    among all of its kind."""

    serial: int
    code: bytes
    direction: bytes


@dataclass(frozen=True, slots=True)
class Code:
    """A vector's code, with the name of what the text belongs to."""

    serial: int
    group: str
    code: bytes


class Vectors(Protocol):
    """Where vectors are. `part` is a part of an account that is never searched together with
    another; whoever has no parts gives it no meaning."""

    async def codes(
        self, scope: Scope, part: str, model: str, after: int, limit: int
    ) -> Sequence[Code]:
        """The next codes with greater serials than `after`, in order."""
        ...

    async def vectors(self, scope: Scope, model: str, serials: Sequence[int]) -> Sequence[Vector]:
        """Those that are there, in any order."""
        ...
