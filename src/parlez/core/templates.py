"""System prompts with places to be filled in."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from parlez.core.errors import InvalidInput

LONGEST = 100_000
"""Characters of a system prompt that a template makes."""

MOST_VARIABLES = 100

_NAME = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_PLACE = re.compile(r"\{\{\s{0,8}(" + _NAME + r")\s{0,8}\}\}")
_WHOLE_NAME = re.compile(_NAME)


@dataclass(frozen=True, slots=True)
class Variable:
    """Something that whoever uses a template fills in; without a `default` it must be."""

    name: str
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Template:
    """A system prompt in which `{{name}}` stands for a variable. `is_built_in` ones belong to
    Parlez and cannot be changed."""

    name: str
    id: str
    display_name: str
    description: str
    system_prompt: str
    variables: tuple[Variable, ...] = ()
    example_usage: str = ""
    is_built_in: bool = False

    def render(self, values: Mapping[str, str]) -> str:
        """The system prompt with values in the places of its variables, exactly as they are. What
        has no place in the text is added at its end, a paragraph each.

        Raises `InvalidInput` for an unknown variable, a missing one that has no default, and a
        prompt that becomes too long.
        """
        if unknown := sorted(set(values) - {variable.name for variable in self.variables}):
            raise InvalidInput(
                f"variables: the template '{self.name}' has {_list(self._names)}, and no "
                f"{_list(name[:64] for name in unknown)}."
            )
        defaults = {each.name: each.default for each in self.variables if each.default is not None}
        filled = {**defaults, **values}
        if missing := [name for name in self._names if name not in filled]:
            raise InvalidInput(f"variables: the template '{self.name}' needs {_list(missing)}.")
        placed = places(self.system_prompt)
        added = [filled[name] for name in self._names if name not in placed and filled[name]]
        length = len(self.system_prompt) + sum(len(filled[name]) for name in placed)
        if length + sum(map(len, added)) > LONGEST:
            raise InvalidInput(
                f"variables: they make the system prompt longer than {LONGEST:,} characters."
            )
        text = _PLACE.sub(lambda place: filled[place[1]], self.system_prompt)
        return "\n\n".join([text, *added])

    @property
    def _names(self) -> list[str]:
        return [variable.name for variable in self.variables]


def places(system_prompt: str) -> list[str]:
    """The names in a prompt's places, in order, as often as they stand there."""
    return _PLACE.findall(system_prompt)


def declare(
    system_prompt: str, names: list[str] | None, defaults: Mapping[str, str]
) -> tuple[Variable, ...]:
    """The variables of a prompt: those named, or those that have a place in it. Raises
    `InvalidInput` for names that contradict each other."""
    placed = list(dict.fromkeys(places(system_prompt)))
    declared = placed if names is None else names
    if len(declared) > MOST_VARIABLES:
        raise InvalidInput(f"variables: a template has at most {MOST_VARIABLES}.")
    if len(set(declared)) < len(declared):
        raise InvalidInput("variables: each is named once.")
    for name in declared:
        if not _WHOLE_NAME.fullmatch(name):
            raise InvalidInput(
                "variables: a name has letters, digits and underscores, at most 64, and does not "
                "begin with a digit."
            )
    if undeclared := [name for name in placed if name not in declared]:
        raise InvalidInput(f"variables: the prompt has a place for {_list(undeclared)} too.")
    if unknown := sorted(set(defaults) - set(declared)):
        raise InvalidInput(
            f"defaults: there is no variable {_list(name[:64] for name in unknown)}."
        )
    return tuple(Variable(name, defaults.get(name)) for name in declared)


def _list(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names) or "no variables"
