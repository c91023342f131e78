"""What holds for a turn where its request says nothing."""

from dataclasses import dataclass

from parlez.core.identity import Scope
from parlez.core.retrieval import Sources
from parlez.storage import assistants
from parlez.storage.connection import Connection


@dataclass(frozen=True, slots=True)
class Defaults:
    """`instructions` are those of the conversation's assistant, as they are now. They hold where
    nobody gave the conversation a system prompt of its own."""

    model: str | None = None
    system_prompt: str | None = None
    instructions: str | None = None
    sources: Sources | None = None

    @property
    def prompt(self) -> str | None:
        return self.system_prompt or self.instructions


def defaults_of(
    c: Connection,
    scope: Scope,
    model: str | None,
    system_prompt: str | None,
    assistant_id: str | None,
) -> Defaults:
    """The defaults of a conversation. An assistant that was deleted leaves its conversations to
    themselves."""
    found = assistants.look(c, scope, assistant_id) if assistant_id else None
    if found is None:
        return Defaults(model, system_prompt)
    return Defaults(model, system_prompt, found.system_prompt, Sources(assistant_id=found.id))
