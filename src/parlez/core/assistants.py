"""Assistants: what they are told, and the documents that they answer from."""

from dataclasses import dataclass, field

from parlez.core.documents import Document


@dataclass(frozen=True, slots=True)
class Assistant:
    """An assistant as stored. `number` is its short name in its account, given once and never
    again; `name` is nobody else's in the account. Times are microseconds since 1970, UTC."""

    id: str
    number: int
    name: str
    company_name: str
    instructions: str = field(repr=False)
    created_at: int
    updated_at: int
    documents: tuple[Document, ...] = ()

    @property
    def system_prompt(self) -> str:
        """What its model is told."""
        whose = f" of {self.company_name}" if self.company_name else ""
        return f"You are {self.name}, an assistant{whose}.\n\n{self.instructions}".rstrip()


@dataclass(frozen=True, slots=True)
class AssistantChanges:
    """What is to become of an assistant; None stays as it is. Files come to those that it has, or
    in their place."""

    name: str | None = None
    company_name: str | None = None
    instructions: str | None = field(default=None, repr=False)
    replace_files: bool = False


@dataclass(frozen=True, slots=True)
class Chat:
    """A conversation as found by its number: `assistant_number` is None where there is no such
    assistant any more, or never was."""

    conversation_id: str
    number: int | None
    assistant_number: int | None
