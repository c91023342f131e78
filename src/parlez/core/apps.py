"""Apps: a model, and what it knows, under an address of their own."""

import re
import secrets
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from parlez.core.errors import InvalidInput
from parlez.core.identity import Scope, Standing
from parlez.core.limits import CallLimit
from parlez.core.retrieval import Sources

ANY_ORIGIN = "*"

_ORIGIN = re.compile(r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?")
_USUAL_PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class Terms:
    """What its account says of an app.

    It answers with `models`, of which `default_model` is one, as the assistant would, and from the
    documents named as well as the assistant's. Web pages of `origins` may call it. `visitor_limits`
    bound each visitor, and `total_limits` all of them together. `allow_…` say whether visitors may
    give the model other instructions, and leave the documents out.
    """

    models: tuple[str, ...]
    default_model: str
    document_ids: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    key_required: bool = False
    visitor_limits: tuple[CallLimit, ...] = ()
    total_limits: tuple[CallLimit, ...] = ()
    allow_system_prompt: bool = False
    allow_no_search: bool = False
    assistant_number: int | None = None
    assistant_id: str | None = None

    @property
    def sources(self) -> Sources | None:
        """What its answers are to rest on; None leaves that to the assistant, if there is one."""
        return Sources(self.document_ids, self.assistant_id) if self.document_ids else None

    def allows_origin(self, origin: str) -> bool:
        return ANY_ORIGIN in self.origins or origin in self.origins


@dataclass(frozen=True, slots=True)
class App:
    """`address` is 32 hex digits that nobody can guess: who has it may talk with the app. Times are
    microseconds since 1970, UTC; `paused_at` is None for one that answers."""

    id: str
    account_id: str
    address: str = field(repr=False)
    name: str
    terms: Terms
    created_at: int
    updated_at: int
    paused_at: int | None = None

    @property
    def user_label(self) -> str:
        """Whom its account finds the app's conversations under."""
        return f"app:{self.id}"

    @property
    def scope(self) -> Scope:
        """That of its account."""
        return Scope(self.account_id)


@dataclass(frozen=True, slots=True)
class FoundApp:
    """An app, and what its account may do."""

    app: App
    standing: Standing

    @property
    def account_id(self) -> str:
        return self.app.account_id

    @property
    def is_open(self) -> bool:
        """Whether it talks with anybody at the moment."""
        return self.app.paused_at is None and not self.standing.disabled


def new_address() -> str:
    return secrets.token_hex(16)


def read_origin(text: str) -> str:
    """An origin as browsers spell it, or `*` for all. Raises `InvalidInput`."""
    if text == ANY_ORIGIN:
        return text
    origin = text.strip().lower().removesuffix("/")
    if not _ORIGIN.fullmatch(origin):
        raise InvalidInput("origins: each is like https://example.com, or * for all.")
    return origin.removesuffix(_USUAL_PORTS[urlsplit(origin).scheme])
