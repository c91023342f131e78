"""What routes work with: the domain's services, made once at the start."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from fastapi import Request

from parlez.core.accounts import Accounts
from parlez.core.admission import Admission
from parlez.core.app_desk import AppDesk
from parlez.core.assistant_desk import AssistantDesk
from parlez.core.budgets import Budgets
from parlez.core.conversation_desk import ConversationDesk
from parlez.core.embedding_desk import EmbeddingDesk
from parlez.core.invitations import Invitations
from parlez.core.key_ring import KeyRing
from parlez.core.library import Library
from parlez.core.models import ModelCatalog
from parlez.core.paid_calls import PaidCalls
from parlez.core.ports.embedder import EmbedderShelf
from parlez.core.ports.feedback_store import FeedbackStore
from parlez.core.ports.ledger_store import LedgerStore
from parlez.core.prices import PriceList
from parlez.core.search_desk import SearchDesk
from parlez.core.session_ring import SessionRing
from parlez.core.sign_in import SignIn
from parlez.core.sign_up import SignUp
from parlez.core.speech import Speech
from parlez.core.template_shelf import TemplateShelf
from parlez.core.turn_engine import TurnEngine
from parlez.http.gate import Gate
from parlez.http.metrics import Metrics
from parlez.http.new_keys import NewKeys
from parlez.http.open_sockets import OpenSockets
from parlez.http.owner_code import OwnerCode
from parlez.http.tickets import Tickets


@dataclass(frozen=True, slots=True)
class Services:
    """`owner_code` is None where the first owner is not made with one. `public_url` is where the
    public reaches the server, None if that was not said. `probes` name the server's
    parts; each returns how its part is, and raises if it does not work."""

    engine: TurnEngine
    admission: Admission
    paid_calls: PaidCalls
    accounts: Accounts
    budgets: Budgets
    ledger: LedgerStore
    sign_in: SignIn
    sign_up: SignUp
    sessions: SessionRing
    invitations: Invitations
    owner_code: OwnerCode | None
    desk: ConversationDesk
    assistants: AssistantDesk
    templates: TemplateShelf
    feedback: FeedbackStore
    library: Library
    search: SearchDesk
    embedding: EmbeddingDesk
    apps: AppDesk
    embedders: EmbedderShelf
    speech: Speech
    keys: KeyRing
    catalog: ModelCatalog
    prices: PriceList
    gate: Gate
    new_keys: NewKeys
    metrics: Metrics
    sockets: OpenSockets
    tickets: Tickets
    public_url: str | None
    probes: Mapping[str, Callable[[], Awaitable[str]]]


def services(request: Request) -> Services:
    """The services of the app that a request came to."""
    found: Services = request.app.state.services
    return found
